"""Halving height and width without a loss of information."""

from typing import NamedTuple

import keras
import tensorflow as tf

from darts_tf.config.errors import InputError
from darts_tf.layers.convolution import conv, subsample
from darts_tf.layers.initializers import uniform_fan_in
from darts_tf.layers.operation import Operation, WeightView


class BothHalves(NamedTuple):
  """Every second pixel of an image, and of the image shifted by a pixel."""

  lattices: int = 1

  def apply(self, x: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Takes the halves from `(batch, height, width, channels)`."""
    # The gradient of a slice with a step takes forty times as long.
    shifted = tf.slice(x, [0, 1, 1, 0], [-1, -1, -1, -1])
    # An odd size leaves the shifted half one pixel short.
    short = x.shape[1] % 2, x.shape[2] % 2
    if any(short):
      shifted = tf.pad(shifted, [[0, 0], [0, short[0]], [0, short[1]], [0, 0]])
    return subsample(x, 2, 2), subsample(shifted, 2, 2)

  def undo(self, y: tf.Tensor) -> tf.Tensor:
    """Returns the output as it is."""
    return y


@keras.saving.register_keras_serializable('darts_tf')
class FactorizedReduce(Operation):
  """ReLU; two 1x1 convolutions of stride 2, one shifted by a pixel.

  Each gives half of the channels; they are concatenated and normalized
  (`skip_connect` at stride 2, and the adaptation of a cell's input after a
  reduction; quark0/darts, operations).

  Args:
    channels: channels of each edge's output, even.
    **kwargs: arguments of `Operation`.

  Raises:
    InputError: if the channels cannot be halved.
  """

  pure = True

  def __init__(self, channels: int, stride: int = 2, **kwargs):
    super().__init__(channels, stride=stride, **kwargs)
    if channels % 2:
      raise InputError(
        'A skip connection that halves the image splits its channels in'
        ' two; expected an even number of channels.'
        f' Received: channels={channels}'
      )
    if stride != 2:
      raise ValueError(f'Expected stride 2. Received: stride={stride}')
    self.norm_layer = self.norm()

  def build(self, input_shape) -> None:
    """Creates the two kernels."""
    c_in, half = input_shape[-1], self.copies * self.channels // 2
    self.kernels = [
      self.add_weight(
        shape=(1, 1, c_in, half), initializer=uniform_fan_in(c_in), name=name
      )
      for name in ('conv_1', 'conv_2')
    ]
    self.norm_layer.build((*input_shape[:-1], 2 * half))

  def arrangement(self, shape) -> 'BothHalves':
    """Edges share what the two convolutions read."""
    del shape
    return BothHalves()

  def branches(self, x, arrangement, count, scales=None, training=None):
    """Two convolutions a branch; see `Operation`."""
    del arrangement
    kernels = [self.shares(kernel, count) for kernel in self.kernels]
    copies = self.copies // count
    xs = []
    for pair in zip(*kernels, strict=True):
      halves = [
        conv(part, kernel) for part, kernel in zip(x, pair, strict=True)
      ]
      if copies > 1:
        parts = [tf.split(half, copies, -1) for half in halves]
        halves = [p for of_edge in zip(*parts) for p in of_edge]
      xs.append(tf.concat(halves, -1))
    return self.norm_layer.branches(xs, scales, training)

  def weight_views(self, copy: int = 0) -> dict[str, WeightView]:
    """The two kernels and the normalization."""
    return {
      f'conv_{i + 1}': self.kernel_view(kernel, copy)
      for i, kernel in enumerate(self.kernels)
    } | self.norm_views(self.norm_layer, 'norm', copy)
