"""All edges that leave one node, of which only one candidate each runs."""

import keras
import tensorflow as tf

from darts_tf.layers.batch_norm import frozen_averages
from darts_tf.layers.convolution import strided_shape
from darts_tf.layers.copies import build_operation
from darts_tf.layers.operation import Operation, WeightView
from darts_tf.search_space.style import OperationStyle


class SelectedEdges(keras.layers.Layer):
  """Edges that run the candidate that is selected, and no other.

  Edge `e` gives `p[e, s] o_s(x)` with `s` the selected candidate
  (arXiv:1910.04465; the released cell of the DARTS space). What is not
  selected costs neither time nor memory. Each edge has layers of its own,
  whose normalization takes the statistics of the batch, in evaluation, too:
  running averages of candidates that run now and then say little, and a
  branch of a graph cannot move them.

  Args:
    candidates: operation names of each edge.
    channels: channels of the node and of each edge's output.
    stride: 1 or 2, of all these edges.
    style: conventions of the search space.
    **kwargs: arguments of `keras.layers.Layer`.
  """

  def __init__(
    self,
    candidates: tuple[tuple[str, ...], ...],
    channels: int,
    stride: int = 1,
    style: OperationStyle = OperationStyle(),
    **kwargs,
  ):
    if isinstance(style, dict):
      style = OperationStyle(**style)
    kwargs.setdefault('dtype', style.dtype)
    super().__init__(autocast=False, **kwargs)
    self.candidates = tuple(tuple(names) for names in candidates)
    self.channels = channels
    self.stride = stride
    self.style = style
    self.edges = [
      [build_operation(name, channels, stride, style) for name in names]
      for names in self.candidates
    ]

  def build(self, input_shape) -> None:
    """Builds the operations."""
    for names, operations in zip(self.candidates, self.edges):
      for name, operation in zip(names, operations):
        operation.name = name
        operation.build(input_shape)

  def call(self, x, weights, selected, training=None):
    """Computes the selected candidates.

    Args:
      x: state of the node, `(batch, height, width, channels)`.
      weights: mixing weights, `(edges, candidates)`.
      selected: the position of the candidate that runs, a scalar an edge.
      training: of no influence.

    Returns:
      A list with a tensor `(batch, height', width', channels)` for each
      edge.
    """
    del training
    x = tf.cast(x, self.compute_dtype)
    outputs = []
    for operations, row, choice in zip(
      self.edges, tf.unstack(weights), selected, strict=True
    ):
      factors = tf.unstack(row)
      outputs.append(
        tf.switch_case(
          choice,
          [
            _branch(operation, x, factor)
            for operation, factor in zip(operations, factors)
          ],
        )
      )
    return outputs

  def operation(self, edge: int, operation: str) -> Operation:
    """Returns the layer that computes a candidate of an edge."""
    return self.edges[edge][self.candidates[edge].index(operation)]

  def weight_views(self, edge: int, operation: str) -> dict[str, WeightView]:
    """Returns the weights of one candidate of one edge, by name."""
    return self.operation(edge, operation).weight_views()

  def compute_output_shape(self, input_shape, weights_shape=None):
    """One shape an edge."""
    del weights_shape
    shape = strided_shape(input_shape, self.stride, self.channels)
    return [shape] * len(self.candidates)

  def get_config(self):
    """Returns the arguments of the constructor."""
    return super().get_config() | {
      'candidates': self.candidates,
      'channels': self.channels,
      'stride': self.stride,
      'style': self.style.to_dict(),
    }


def _branch(operation: Operation, x, factor):
  """Returns a function that computes a candidate times its weight."""

  def compute():
    with frozen_averages():
      if operation.edge_independent:
        y = operation(x, training=True)
        return y * tf.cast(factor, y.dtype)
      return operation(x, tf.reshape(factor, [1]), training=True)

  return compute
