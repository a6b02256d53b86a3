"""Halving height and width without a loss of information."""

import keras
import tensorflow as tf

from darts_tf.errors import InputError
from darts_tf.layers.convolution import conv
from darts_tf.layers.initializers import uniform_fan_in
from darts_tf.layers.operation import Operation, WeightView


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

  def __init__(self, channels: int, stride: int = 2, **kwargs):
    super().__init__(channels, stride=stride, **kwargs)
    if channels % 2:
      raise InputError(
          'A skip connection that halves the image splits its channels in'
          ' two; expected an even number of channels.'
          f' Received: channels={channels}')
    if stride != 2:
      raise ValueError(f'Expected stride 2. Received: stride={stride}')
    self.norm_layer = self.norm()

  def build(self, input_shape) -> None:
    """Creates the two kernels."""
    c_in, half = input_shape[-1], self.copies * self.channels // 2
    self.kernels = [
        self.add_weight(shape=(1, 1, c_in, half),
                        initializer=uniform_fan_in(c_in), name=name)
        for name in ('conv_1', 'conv_2')]
    self.norm_layer.build((*input_shape[:-1], 2 * half))

  def call(self, x, scale=None, training=None):
    """Computes all edges by two convolutions; see `Operation`."""
    x = self.rectified(x)
    # An odd size leaves the shifted half one pixel short.
    short = x.shape[1] % 2, x.shape[2] % 2
    shifted = x[:, 1:, 1:]
    if any(short):
      shifted = tf.pad(
          shifted, [[0, 0], [0, short[0]], [0, short[1]], [0, 0]])
    halves = [conv(part, tf.convert_to_tensor(kernel), (2, 2))
              for part, kernel in zip((x, shifted), self.kernels)]
    if self.copies > 1:
      parts = [tf.split(half, self.copies, -1) for half in halves]
      halves = [p for pair in zip(*parts) for p in pair]
    return self.norm_layer(
        tf.concat(halves, -1), scale=self.per_channel(scale),
        training=training)

  def weight_views(self, copy: int = 0) -> dict[str, WeightView]:
    """The two kernels and the normalization."""
    return ({f'conv_{i + 1}': self.kernel_view(kernel, copy)
             for i, kernel in enumerate(self.kernels)}
            | self.norm_views(self.norm_layer, 'norm', copy))
