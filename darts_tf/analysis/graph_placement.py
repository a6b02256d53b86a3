"""The operations of a graph that a GPU runs, and tensors it exchanges."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import tensorflow as tf

from darts_tf.analysis.gpu_kernels import Kernel, Kernels
from darts_tf.analysis.needed_operations import needed_operations

# They start no kernel: their output is in memory already, or is known when
# the graph has been built.
_FREE = frozenset(
  (
    'Const',
    'ExpandDims',
    'Identity',
    'IdentityN',
    'NoOp',
    'PreventGradient',
    'ReadVariableOp',
    'Reshape',
    'Shape',
    'Squeeze',
    'StopGradient',
  )
)
_HANDLES = (tf.resource, tf.variant)


class Placement(NamedTuple):
  """The placement of a graph's operations on a GPU and its host.

  Args:
    kernels: number of kernels that a run of the graph starts on a GPU.
    on_host: type to number of the operations that a GPU cannot run.
    transfers: each tensor that passes between the GPU and the host, as
      `producer (type) -> consumer (type)`. Arguments of the graph are not
      counted: the caller brings them to the GPU.
  """

  kernels: int
  on_host: dict[str, int]
  transfers: tuple[str, ...]


def graph_placement(graph: tf.Graph, kernels: Kernels) -> Placement:
  """Finds out where operations would run if there were a GPU.

  A GPU runs each operation that it has a kernel for, except those that were
  placed on a CPU. TensorFlow computes operations that follow from constants
  alone once, before the graph is run.

  Args:
    graph: of a traced function. Functions that it calls are not examined.
    kernels: as `gpu_kernels` returns them.

  Returns:
    The `Placement`.
  """
  started, on_host, transfers = 0, Counter(), []
  # Tells for each tensor that is no argument whether it lies in the host's
  # memory; `None` for constants, which lie wherever they are wanted.
  hosted = {}
  for op in needed_operations(graph):
    if op.type == 'Placeholder':
      continue
    kernel = _kernel(op, kernels.get(op.type, ()))
    folded = _folded(op, hosted)
    if not folded and op.type not in _FREE:
      if kernel is None:
        on_host[op.type] += 1
      else:
        started += 1
    for tensor, name in zip(op.inputs, _names(op, op.op_def.input_arg)):
      here, wanted = hosted.get(tensor.ref()), _on_host(kernel, name)
      if (
        not folded
        and here not in (None, wanted)
        and (tensor.dtype not in _HANDLES)
      ):
        transfers.append(
          f'{tensor.op.name} ({tensor.op.type}) -> {op.name} ({op.type})'
        )
    for tensor, name in zip(op.outputs, _names(op, op.op_def.output_arg)):
      hosted[tensor.ref()] = None if folded else _on_host(kernel, name)
  return Placement(started, dict(on_host), tuple(transfers))


def _folded(op: tf.Operation, hosted: dict) -> bool:
  """Returns whether an operation follows from constants alone."""
  return (
    bool(op.inputs)
    and not op.op_def.is_stateful
    and all(
      t.op.type == 'Const' or hosted.get(t.ref(), False) is None
      for t in op.inputs
    )
  )


def _on_host(kernel: Kernel | None, name: str) -> bool:
  return kernel is None or name in kernel.host


def _kernel(op: tf.Operation, kernels: Sequence[Kernel]) -> Kernel | None:
  """Returns an operation's kernel on a GPU; `None` if the host runs it."""
  if 'CPU' in op.device:
    return None
  return next(
    (
      kernel
      for kernel in kernels
      if all(_allowed(op, name, types) for name, types in kernel.types.items())
    ),
    None,
  )


def _allowed(op: tf.Operation, name: str, types: Sequence[int]) -> bool:
  value = op.node_def.attr[name]
  given = value.list.type if value.HasField('list') else [value.type]
  return all(dtype in types for dtype in given)


def _names(op: tf.Operation, arguments) -> Iterator[str]:
  """Yields the name of each input or output; lists have one for all."""
  for argument in arguments:
    count = 1
    if argument.number_attr:
      count = op.node_def.attr[argument.number_attr].i
    elif argument.type_list_attr:
      count = len(op.node_def.attr[argument.type_list_attr].list.type)
    yield from [argument.name] * count
