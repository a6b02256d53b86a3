"""Multiply-additions of a TensorFlow graph with static shapes."""

import math
from collections.abc import Iterable

import tensorflow as tf

from darts_tf.compat.tensorflow import function_graph
from darts_tf.config.errors import InputError

CALLS = ('PartitionedCall', 'StatefulPartitionedCall')
_CHOICES = ('If', 'StatelessIf', 'Case', 'StatelessCase')
# What may stand between a dilated convolution and the end of its detour.
_RESHAPES = ('BiasAdd', 'ExpandDims', 'Identity', 'Reshape', 'Squeeze')


def graph_multiply_adds(graph: tf.Graph) -> int:
  """Returns the multiply-additions of the products in a graph.

  Products are convolutions, plain, grouped, depthwise, dilated or
  transposed, their gradients, and products of matrices. Functions that the
  graph calls
  count at each call; of alternatives, the most expensive one counts.

  Args:
    graph: of a traced function, all shapes of products being static.

  Raises:
    InputError: if a product's shape is unknown or a loop repeats it.
  """
  return sum(map(_cost, graph.get_operations()))


def _cost(op: tf.Operation) -> int:
  if op.type in _COSTS:
    return _COSTS[op.type](op)
  costs = [
    graph_multiply_adds(function_graph(op, name))
    for name in called_functions(op)
  ]
  if op.type in CALLS:
    return sum(costs)
  if op.type not in _CHOICES and any(costs):
    raise InputError(
      'Multiply-additions inside a loop cannot be counted, since the'
      ' number of its passes is unknown; expected convolutions and dense'
      f' layers outside of loops. Received: operation={op.name!r}'
      f' ({op.type})'
    )
  return max(costs, default=0)


def called_functions(op: tf.Operation) -> Iterable[str]:
  """Yields the names of the functions that an operation calls."""
  for attribute in op.node_def.attr.values():
    if attribute.HasField('func'):
      yield attribute.func.name
    yield from (function.name for function in attribute.list.func)


def _convolution(op: tf.Operation) -> int:
  """Outputs times rows, columns and inputs of a group."""
  return _positions(op) * math.prod(_shape(op, op.inputs[1])[:-1])


def _depthwise(op: tf.Operation) -> int:
  """Outputs times rows and columns."""
  return _positions(op) * math.prod(_shape(op, op.inputs[1])[:2])


def _transposed(op: tf.Operation) -> int:
  """Inputs times rows, columns and outputs that each takes part in."""
  kernel, x = op.inputs[1:3]
  return math.prod(_shape(op, x)) * math.prod(_shape(op, kernel)[:-1])


def _kernel_gradient(op: tf.Operation) -> int:
  """Each gradient of an output times the values that made the output.

  A kernel's gradient has the shape of the kernel.
  """
  gradient, kernel = op.inputs[2], _shape(op, op.outputs[0])
  return math.prod(_shape(op, gradient)) * math.prod(kernel[:-1])


def _depthwise_gradient(op: tf.Operation) -> int:
  """Each gradient of an output times rows and columns of the kernel."""
  kernel = op.outputs[0] if op.type.endswith('Filter') else op.inputs[1]
  return math.prod(_shape(op, op.inputs[2])) * math.prod(_shape(op, kernel)[:2])


def _positions(op: tf.Operation) -> int:
  """Number of values that a convolution computes.

  A dilated convolution may be a detour: the image is dealt out to a batch
  of small images, which are padded to one size, convolved and put together
  again. Only what remains of the outputs then counts.
  """
  tensor = op.outputs[0]
  while len(tensor.consumers()) == 1:
    (consumer,) = tensor.consumers()
    if consumer.type == 'BatchToSpaceND':
      return math.prod(_shape(op, consumer.outputs[0]))
    if consumer.type not in _RESHAPES:
      break
    tensor = consumer.outputs[0]
  return math.prod(_shape(op, op.outputs[0]))


def _matrix_product(op: tf.Operation) -> int:
  """Outputs times the length of the sum."""
  transposed = op.get_attr('transpose_a' if op.type == 'MatMul' else 'adj_x')
  axis = -2 if transposed else -1
  return math.prod(_shape(op, op.outputs[0])) * _shape(op, op.inputs[0])[axis]


def _einsum(op: tf.Operation) -> int:
  """Outputs times the lengths of all sums."""
  terms, output = op.get_attr('equation').decode().split('->')
  lengths = {}
  for term, x in zip(terms.split(','), op.inputs):
    shape = _shape(op, x)
    left, _, right = term.partition('...')
    lengths |= dict(zip(left, shape))
    lengths |= dict(zip(reversed(right), reversed(shape)))
  return math.prod(_shape(op, op.outputs[0])) * math.prod(
    length for label, length in lengths.items() if label not in output
  )


def _shape(op: tf.Operation, tensor: tf.Tensor) -> list[int]:
  shape = tensor.shape
  if not shape.is_fully_defined():
    raise InputError(
      'Multiply-additions cannot be counted where a shape depends on more'
      ' than the shape of the image; expected a static shape. Received:'
      f' operation={op.name!r} ({op.type}), shape={shape}'
    )
  return shape.as_list()


_COSTS = {
  'BatchMatMul': _matrix_product,
  'BatchMatMulV2': _matrix_product,
  'BatchMatMulV3': _matrix_product,
  'Conv2D': _convolution,
  'Conv2DBackpropFilter': _kernel_gradient,
  'Conv2DBackpropInput': _transposed,
  'Conv3D': _convolution,
  'Conv3DBackpropInputV2': _transposed,
  'DepthwiseConv2dNative': _depthwise,
  'DepthwiseConv2dNativeBackpropFilter': _depthwise_gradient,
  'DepthwiseConv2dNativeBackpropInput': _depthwise_gradient,
  'Einsum': _einsum,
  'MatMul': _matrix_product,
}
