"""The common base of mixed and discrete cells."""

import keras
import tensorflow as tf

from darts_tf.layers.convolution import strided_shape
from darts_tf.layers.operation import Operation
from darts_tf.search_space.macro import CellPlan


def _build_all(layers, input_shapes) -> list[tuple]:
  """Builds each layer on its input; returns their output shapes."""
  shapes = []
  for layer, shape in zip(layers, input_shapes):
    layer.build(shape)
    shapes.append(tuple(layer.compute_output_shape(shape)))
  return shapes


class Cell(keras.layers.Layer):
  """The base of both kinds of cells: adapted inputs and joined outputs.

  Subclasses set `topology`.
  """

  def __init__(
    self, plan: CellPlan, preprocess: list[Operation], output, **kwargs
  ):
    super().__init__(**kwargs)
    self.plan = plan
    self.preprocess = list(preprocess)
    self.output_nodes = tuple(output)
    # Whether the caller has applied the ReLU that inputs begin with.
    self.rectified = False

  def leave_relu_to_caller(self) -> None:
    """Expects rectified inputs from now on, if a ReLU is the first to see them.

    Two cells read an output, see `State` in `layers/state.py`.
    """
    self.rectified = all(
      isinstance(layer, Operation) and layer.rectifies
      for layer in self.preprocess
    )
    if self.rectified:
      for layer in self.preprocess:
        layer.activate = False

  def build(self, input_shape) -> None:
    """Builds the cell on the shapes of its inputs, a list."""
    shapes = _build_all(self.preprocess, input_shape)
    # Inputs agree after adaptation; nodes have the cell's own size.
    self.adapted_shape = shapes[0]
    self.build_edges(shapes[0])

  def state_shape(self, shape, node: int) -> tuple:
    """Returns the shape of a node's state, from that of an adapted input."""
    inner = node >= self.topology.num_inputs
    return strided_shape(
      shape, self.plan.stride if inner else 1, self.plan.channels
    )

  def node_shape(self, input_shape) -> tuple:
    """Returns the shape of an intermediate node."""
    adapted = self.preprocess[0].compute_output_shape(input_shape[0])
    return strided_shape(adapted, self.plan.stride, self.plan.channels)

  def compute_output_shape(self, input_shape):
    """Returns the shape of the concatenated output nodes."""
    *rest, channels = self.node_shape(input_shape)
    return (*rest, channels * len(self.output_nodes))

  def prepare(self, inputs, training):
    """Adapts the inputs."""
    return [
      layer(x, training=training) for layer, x in zip(self.preprocess, inputs)
    ]

  def draw_paths(self, x, rate, training):
    """Draws factors of the edges for each image; returns `None` for 1."""
    if not training or rate is None:
      return None
    return self.drop_path(x, rate)

  def join(self, states):
    """Concatenates the output nodes."""
    outputs = [states[node] for node in self.output_nodes]
    return outputs[0] if len(outputs) == 1 else tf.concat(outputs, -1)
