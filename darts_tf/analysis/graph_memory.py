"""The memory that a graph will take, estimated before it runs."""

import collections
from collections.abc import Iterator
from typing import NamedTuple

import tensorflow as tf

from darts_tf.analysis.needed_operations import needed_operations

# Their output is their input with another shape or name.
_ALIASES = frozenset(
  (
    'ExpandDims',
    'Identity',
    'IdentityN',
    'PreventGradient',
    'Reshape',
    'Squeeze',
    'StopGradient',
  )
)
# Their output may take the place of an input that nobody else wants.
_IN_PLACE = frozenset(
  (
    'AddN',
    'AddV2',
    'Cast',
    'FusedBatchNormV3',
    'Mul',
    'Neg',
    'RealDiv',
    'Relu',
    'ReluGrad',
    'Sub',
  )
)
# Their output is in memory already.
_FREE = frozenset(('Const', 'Placeholder', 'ReadVariableOp'))
_HANDLES = (tf.resource, tf.variant, tf.string)

# TensorFlow's own structures, measured (docs/performance.md).
_BYTES_PER_OPERATION = 15 * 1024
# Several operations run at once, and not in the order of the graph. More
# tensors are live then than if operations ran one after the other.
_AT_ONCE = 1.15


class GraphMemory(NamedTuple):
  """The memory that a graph takes besides its variables and arguments.

  Args:
    fixed: bytes for the graph itself.
    activations: bytes of tensors at the worst moment, proportional to the
      number of images.
  """

  fixed: int
  activations: int


def graph_memory(graph: tf.Graph) -> GraphMemory | None:
  """Estimates the memory of a graph that is run for the first time.

  The estimate takes operations in the order in which they were written. A
  tensor lives from its operation to the last one that reads it.

  Args:
    graph: of a traced function. Functions that it calls are not examined.

  Returns:
    The estimate; `None` if the sizes of some tensors are unknown.
  """
  operations = needed_operations(graph)
  owners = _owners(operations)
  readers = collections.Counter(
    owners[t.ref()] for op in operations for t in op.inputs
  )
  readers.update(owners[t.ref()] for t in graph.outputs)
  sizes = {}
  live = peak = 0
  for op in operations:
    if op.type not in _ALIASES | _FREE:
      for output in op.outputs:
        size = _size(output)
        if size is None:
          return None
        sizes[output.ref()] = size
        live += size
      peak = max(peak, live - _reused(op, owners, readers, sizes))
      for output in op.outputs:
        if not readers[output.ref()]:
          live -= sizes[output.ref()]
    for tensor in op.inputs:
      owner = owners[tensor.ref()]
      readers[owner] -= 1
      if not readers[owner]:
        live -= sizes.get(owner, 0)
  count = len(graph.get_operations())
  return GraphMemory(_BYTES_PER_OPERATION * count, int(_AT_ONCE * peak))


def _owners(operations: list[tf.Operation]) -> dict:
  """Maps each tensor to the tensor whose memory it lies in."""
  owners = {}
  for op in operations:
    for output, source in zip(op.outputs, _sources(op)):
      owners[output.ref()] = (
        output.ref()
        if source is None
        else owners.get(source.ref(), source.ref())
      )
  return owners


def _sources(op: tf.Operation) -> Iterator[tf.Tensor | None]:
  for index in range(len(op.outputs)):
    if op.type in _ALIASES:
      yield op.inputs[min(index, len(op.inputs) - 1)]
    else:
      yield None


def _size(tensor: tf.Tensor) -> int | None:
  # Normalization has an output without a rank, which only cuDNN fills.
  if tensor.dtype in _HANDLES or tensor.shape.rank is None:
    return 0
  if not tensor.shape.is_fully_defined():
    return None
  return tensor.shape.num_elements() * tensor.dtype.size


def _reused(op, owners, readers, sizes) -> int:
  """Bytes of an input that the first output takes over."""
  if op.type not in _IN_PLACE:
    return 0
  size = sizes[op.outputs[0].ref()]
  for tensor in op.inputs:
    owner = owners[tensor.ref()]
    if readers[owner] == 1 and sizes.get(owner) == size:
      return size
  return 0
