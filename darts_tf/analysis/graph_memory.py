"""The memory that a graph will take, estimated before it runs."""

import collections
from typing import NamedTuple

import tensorflow as tf

from darts_tf.analysis.graph_cost import CALLS, called_functions
from darts_tf.analysis.needed_operations import needed_operations
from darts_tf.compat.tensorflow import function_graph

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
# Several tensors in one of the type variant, and back.
_PACK, _UNPACK = 'OptionalFromValue', 'OptionalGetValue'
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


class _Called(NamedTuple):
  """A function that a graph calls.

  Args:
    graph: its graph.
    peak: bytes of tensors at its worst moment.
    passed_on: of each output which argument it is; `None` for none.
    held: of each output the bytes that it holds if it is a variant.
  """

  graph: tf.Graph
  peak: int | None
  passed_on: list[int | None]
  held: list[int | None]


def graph_memory(graph: tf.Graph) -> GraphMemory | None:
  """Estimates the memory of a graph that is run for the first time.

  The estimate takes operations in the order in which they were written. A
  tensor lives from its operation to the last one that reads it. A function
  that the graph calls takes the memory of its own graph while it runs; of
  alternatives, the largest counts.

  Args:
    graph: of a traced function.

  Returns:
    The estimate; `None` if the sizes of some tensors are unknown.
  """
  called = {}
  peak = _peak(graph, called)
  if peak is None:
    return None
  graphs = [graph, *(function.graph for function in called.values())]
  count = sum(len(g.get_operations()) for g in graphs)
  return GraphMemory(_BYTES_PER_OPERATION * count, int(_AT_ONCE * peak))


def _peak(graph: tf.Graph, called: dict) -> int | None:
  """Returns the bytes of tensors at the worst moment.

  Args:
    graph: the graph; its arguments are not counted.
    called: name to `_Called` of each function, filled on the way.
  """
  operations = needed_operations(graph)
  owners = _owners(operations, called)
  readers = collections.Counter(
    owners[t.ref()] for op in operations for t in op.inputs
  )
  readers.update(owners[t.ref()] for t in graph.outputs)
  sizes = {}
  live = peak = 0
  for op in operations:
    inside = _inside(op, called)
    if inside is None:
      return None
    peak = max(peak, live + inside)
    if op.type not in _ALIASES | _FREE:
      for output in op.outputs:
        if owners[output.ref()] != output.ref():
          continue  # A function passes on what it was given.
        size = _size(output, called)
        if size is None:
          return None
        sizes[output.ref()] = size
        live += size
      peak = max(peak, live - _reused(op, owners, readers, sizes))
      for output in op.outputs:
        if not readers[output.ref()]:
          live -= sizes.get(output.ref(), 0)
    for tensor in op.inputs:
      owner = owners[tensor.ref()]
      readers[owner] -= 1
      if not readers[owner]:
        live -= sizes.get(owner, 0)
  return peak


def _inside(op: tf.Operation, called: dict) -> int | None:
  """Returns the bytes that functions take which an operation calls."""
  peaks = [0]
  for name in called_functions(op):
    if name not in called:
      function = function_graph(op, name)
      called[name] = _Called(
        function,
        _peak(function, called),
        _passed_on(function, called),
        _held(function, called),
      )
    peaks.append(called[name].peak)
  return None if None in peaks else max(peaks)


def _owners(operations: list[tf.Operation], called: dict) -> dict:
  """Maps each tensor to the tensor whose memory it lies in."""
  owners = {}
  for op in operations:
    _inside(op, called)
    for output, source in zip(op.outputs, _sources(op, called)):
      owners[output.ref()] = (
        output.ref()
        if source is None
        else owners.get(source.ref(), source.ref())
      )
  return owners


def _sources(op: tf.Operation, called: dict) -> list[tf.Tensor | None]:
  """Returns the input in whose memory each output lies, if there is one."""
  if op.type in _ALIASES:
    last = len(op.inputs) - 1
    return [op.inputs[min(i, last)] for i in range(len(op.outputs))]
  names = list(called_functions(op))
  if op.type in CALLS and len(names) == 1:
    found = called[names[0]].passed_on
    return [None if i is None else op.inputs[i] for i in found]
  return [None] * len(op.outputs)


def _passed_on(graph: tf.Graph, called: dict) -> list[int | None]:
  """Returns of each output which argument it is, if it is one."""
  owners = _owners(graph.get_operations(), called)
  positions = {x.ref(): i for i, x in enumerate(graph.inputs)}
  return [positions.get(owners[y.ref()]) for y in graph.outputs]


def _held(graph: tf.Graph, called: dict) -> list[int | None]:
  """Returns of each output the bytes that it holds if it is a variant."""
  owners = _owners(graph.get_operations(), called)
  return [
    _size(owners[y.ref()].deref(), called) if y.dtype == tf.variant else 0
    for y in graph.outputs
  ]


def _size(tensor: tf.Tensor, called: dict) -> int | None:
  if tensor.dtype == tf.variant:
    return _size_of_variant(tensor, called)
  # Normalization has an output without a rank, which only cuDNN fills.
  if tensor.dtype in _HANDLES or tensor.shape.rank is None:
    return 0
  if not tensor.shape.is_fully_defined():
    return None
  return tensor.shape.num_elements() * tensor.dtype.size


def _size_of_variant(tensor: tf.Tensor, called: dict) -> int | None:
  op = tensor.op
  sizes = [0]
  if op.type == _PACK:
    own = [_size(x, called) for x in op.inputs]
    sizes.append(None if None in own else sum(own))
  for name in called_functions(op):
    held = called[name].held
    if len(held) == len(op.outputs):
      sizes.append(held[tensor.value_index])
  # Of alternatives, the largest counts.
  return None if None in sizes else max(sizes)


def _reused(op, owners, readers, sizes) -> int:
  """Bytes of inputs that outputs take over."""
  if op.type in (_PACK, _UNPACK):
    given = {owners[x.ref()] for x in op.inputs}
    freed = sum(sizes.get(x, 0) for x in given if readers[x] == 1)
    return min(freed, sum(sizes[y.ref()] for y in op.outputs))
  if op.type not in _IN_PLACE:
    return 0
  size = sizes[op.outputs[0].ref()]
  for tensor in op.inputs:
    owner = owners[tensor.ref()]
    if readers[owner] == 1 and sizes.get(owner) == size:
      return size
  return 0
