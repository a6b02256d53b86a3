"""Any Keras layer as a candidate operation."""

from collections.abc import Callable

import keras
import tensorflow as tf

from darts_tf.config.errors import InputError
from darts_tf.layers.operation import Operation, WeightView
from darts_tf.layers.own_operations import own_layer
from darts_tf.search_space.operations import operations
from darts_tf.search_space.style import OperationStyle


class Copies(Operation):
  """One layer an edge, for operations that serve a single edge.

  Args:
    build_layer: `build_layer(channels, stride)`: a Keras layer.
    channels: see `Operation`.
    **kwargs: arguments of `Operation`.
  """

  rectifies = False

  def __init__(
    self,
    build_layer: Callable[..., keras.layers.Layer],
    channels: int,
    **kwargs,
  ):
    super().__init__(channels, **kwargs)
    self.parts = [
      build_layer(self.channels, self.stride) for _ in range(self.copies)
    ]

  def build(self, input_shape) -> None:
    """Builds the layers and checks the shape of what they return."""
    expected = (*self.compute_output_shape(input_shape)[1:-1], self.channels)
    for part in self.parts:
      # A symbolic call builds any layer, also one without a `build`.
      output = part(keras.KerasTensor(input_shape, self.compute_dtype))
      if tuple(output.shape)[1:] != expected:
        raise InputError(
          f'The operation {part.name!r} must return a shape of {expected}'
          f' with stride {self.stride}.'
          f' Received: shape={tuple(output.shape)[1:]}'
        )

  def branches(self, x, arrangement, count, scales=None, training=None):
    """Computes edge after edge; see `Operation`.

    The layers learn from Keras' call context whether this is training.
    """
    del arrangement, training
    # A layer without a type of its own computes in the global one.
    ys = [tf.cast(part(x), x.dtype) for part in self.parts]
    if count == 1:
      ys = [tf.concat(ys, -1)]
    if scales is None:
      return ys
    return [
      y * tf.cast(scale, y.dtype) for y, scale in zip(ys, scales, strict=True)
    ]

  def weight_views(self, copy: int = 0) -> dict[str, WeightView]:
    """All variables of the edge's layer, by their paths in it."""
    part = self.parts[copy]
    return {
      variable.path.removeprefix(f'{part.path}/'): WeightView(
        variable, 0, 1, None
      )
      for variable in part.variables
    }


def build_operation(
  name: str,
  channels: int,
  stride: int,
  style: OperationStyle,
  copies: int = 1,
  activate: bool = True,
) -> Operation:
  """Builds a registered candidate operation.

  Args:
    name: registered name.
    channels: see `Operation`.
    stride: 1 or 2.
    style: conventions of the search space.
    copies: number of edges served.
    activate: see `Operation`.

  Returns:
    The layer, not yet built.

  Raises:
    InputError: if the name is unknown.
  """
  spec = operations[name]
  if spec.build is None or spec.fused:
    build = spec.build or own_layer(name)
    return build(
      channels=channels,
      stride=stride,
      style=style,
      copies=copies,
      activate=activate,
    )
  return Copies(
    spec.build,
    channels,
    stride=stride,
    style=style,
    copies=copies,
    activate=activate,
  )
