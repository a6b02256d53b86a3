"""ReLU, convolution, batch normalization."""

import keras

from darts_tf.layers.convolution import conv
from darts_tf.layers.initializers import uniform_fan_in
from darts_tf.layers.operation import Operation, WeightView


@keras.saving.register_keras_serializable('darts_tf')
class ReLUConvBN(Operation):
  """`nor_conv_*`, and the adaptation of a cell's input to its channels.

  Args:
    channels: channels of each edge's output; the input may have others.
    kernel_size: height and width of the kernel, odd.
    **kwargs: arguments of `Operation`.
  """

  pure = True

  def __init__(self, channels: int, kernel_size: int = 1, **kwargs):
    super().__init__(channels, **kwargs)
    self.kernel_size = kernel_size
    self.norm_layer = self.norm()

  def build(self, input_shape) -> None:
    """Creates the kernel."""
    k, total = self.kernel_size, self.copies * self.channels
    self.kernel = self.add_weight(
      shape=(k, k, input_shape[-1], total),
      initializer=uniform_fan_in(k * k * input_shape[-1]),
      name='kernel',
    )
    self.norm_layer.build((*input_shape[:-1], total))

  def branches(self, x, arrangement, count, scales=None, training=None):
    """One convolution a branch; see `Operation`."""
    del arrangement
    strides = (self.stride, self.stride)
    xs = [
      conv(x, kernel, strides) for kernel in self.shares(self.kernel, count)
    ]
    return self.norm_layer.branches(xs, scales, training)

  def weight_views(self, copy: int = 0) -> dict[str, WeightView]:
    """Kernel and normalization."""
    return {'kernel': self.kernel_view(self.kernel, copy)} | self.norm_views(
      self.norm_layer, 'norm', copy
    )

  def get_config(self):
    """Returns the arguments of the constructor."""
    return super().get_config() | {'kernel_size': self.kernel_size}
