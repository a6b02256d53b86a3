"""A 7x7 convolution as a row and a column: `conv_7x1_1x7`."""

import keras

from darts_tf.layers.convolution import conv, grouped_conv
from darts_tf.layers.initializers import uniform_fan_in
from darts_tf.layers.operation import Operation, WeightView


@keras.saving.register_keras_serializable('darts_tf')
class FactorizedConv(Operation):
  """ReLU, convolution 1x7, convolution 7x1, batch normalization.

  Args:
    channels: see `Operation`.
    kernel_size: length of both kernels, odd.
    **kwargs: arguments of `Operation`.
  """

  pure = True

  def __init__(self, channels: int, kernel_size: int = 7, **kwargs):
    super().__init__(channels, **kwargs)
    self.kernel_size = kernel_size
    self.norm_layer = self.norm()

  def build(self, input_shape) -> None:
    """Creates the two kernels."""
    k, c, total = self.kernel_size, self.channels, self.copies * self.channels
    self.row = self.add_weight(
      shape=(1, k, c, total), initializer=uniform_fan_in(k * c), name='row'
    )
    self.column = self.add_weight(
      shape=(k, 1, c, total), initializer=uniform_fan_in(k * c), name='column'
    )
    self.norm_layer.build((*input_shape[:-1], total))

  def branches(self, x, arrangement, count, scales=None, training=None):
    """See `Operation`."""
    del arrangement
    xs = [
      conv(x, kernel, (1, self.stride))
      for kernel in self.shares(self.row, count)
    ]
    xs = [
      grouped_conv(x, kernel, self.copies // count, (self.stride, 1))
      for x, kernel in zip(xs, self.shares(self.column, count), strict=True)
    ]
    return self.norm_layer.branches(xs, scales, training)

  def weight_views(self, copy: int = 0) -> dict[str, WeightView]:
    """The two kernels and the normalization."""
    return {
      'row': self.kernel_view(self.row, copy),
      'column': self.kernel_view(self.column, copy),
    } | self.norm_views(self.norm_layer, 'norm', copy)

  def get_config(self):
    """Returns the arguments of the constructor."""
    return super().get_config() | {'kernel_size': self.kernel_size}
