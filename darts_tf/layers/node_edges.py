"""The edges that leave one node, as one layer."""

import abc

import keras

from darts_tf.layers.convolution import strided_shape
from darts_tf.layers.operation import Operation, WeightView
from darts_tf.search_space.style import OperationStyle


class NodeEdges(keras.layers.Layer, abc.ABC):
  """All edges that leave one node.

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
    # Mixing weights keep their precision; states come in that of the layer.
    super().__init__(autocast=False, **kwargs)
    self.candidates = tuple(tuple(names) for names in candidates)
    self.channels = channels
    self.stride = stride
    self.style = style

  @abc.abstractmethod
  def operation(self, edge: int, operation: str) -> Operation:
    """Returns the layer that computes a candidate of an edge."""

  @abc.abstractmethod
  def weight_views(self, edge: int, operation: str) -> dict[str, WeightView]:
    """Returns the weights of one candidate of one edge.

    Args:
      edge: position among the edges of this node.
      operation: name of the candidate.

    Returns:
      Name to view; empty for candidates without weights.
    """

  def compute_output_shape(self, input_shape, weights_shape=None):
    """Returns one shape an edge."""
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
