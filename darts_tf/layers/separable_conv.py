"""Depthwise separable convolutions: `sep_conv_*`, `dil_conv_*`, `conv_k*`."""

import keras
import tensorflow as tf

from darts_tf.layers.arrangement import Arrangement
from darts_tf.layers.convolution import (
  depthwise_conv,
  pointwise_conv,
  repeat_channels,
)
from darts_tf.layers.initializers import uniform_fan_in
from darts_tf.layers.operation import Operation, WeightView


@keras.saving.register_keras_serializable('darts_tf')
class SeparableConv(Operation):
  """Units of ReLU, depthwise convolution, 1x1 convolution, normalization.

  `sep_conv_kxk` stacks two units, the stride in the first; `dil_conv_kxk`
  is one unit with dilation 2 (arXiv:1806.09055, section 3.1). There may be
  any number of units, with any widths between them (arXiv:1906.07528).

  Args:
    channels: see `Operation`.
    kernel_size: height and width of the depthwise kernel, odd.
    dilation: distance of its pixels.
    widths: channels between units, in multiples of `channels`; there is one
      unit more.
    **kwargs: arguments of `Operation`.
  """

  def __init__(
    self,
    channels: int,
    kernel_size: int = 3,
    dilation: int = 1,
    widths: tuple[int, ...] = (),
    **kwargs,
  ):
    super().__init__(channels, **kwargs)
    self.kernel_size = kernel_size
    self.dilation = dilation
    self.widths = tuple(widths)
    self.norms = [
      self.norm(name=f'norm_{i}') for i in range(len(self.widths) + 1)
    ]

  def build(self, input_shape) -> None:
    """Creates the kernels of all units."""
    k, copies = self.kernel_size, self.copies
    sizes = [self.channels * width for width in (1, *self.widths, 1)]
    self.depthwise, self.pointwise = [], []
    for unit, norm in enumerate(self.norms):
      size, next_size = sizes[unit : unit + 2]
      self.depthwise.append(
        self.add_weight(
          shape=(k, k, copies * size, 1),
          initializer=uniform_fan_in(k * k),
          name=f'depthwise_{unit}',
        )
      )
      self.pointwise.append(
        self.add_weight(
          shape=(1, 1, size, copies * next_size),
          initializer=uniform_fan_in(size),
          name=f'pointwise_{unit}',
        )
      )
      norm.build((*input_shape[:-1], copies * next_size))

  def arrangement(self, shape) -> Arrangement:
    """Single dilated units read one lattice of pixels each."""
    if self.widths or self.dilation == 1:
      return Arrangement()
    return Arrangement.of_kernel(shape, self.stride, self.dilation)

  def branches(self, x, arrangement, count, scales=None, training=None):
    """See `Operation`."""
    copies = self.copies // count
    xs = [repeat_channels(x, copies)] * count
    stride = self.stride // arrangement.every
    dilation = self.dilation // (arrangement.every * arrangement.lattices)
    for unit, norm in enumerate(self.norms):
      first, last = unit == 0, unit == len(self.widths)
      if not first:
        xs = [tf.nn.relu(x) for x in xs]
      xs = [
        depthwise_conv(x, kernel, stride if first else 1, dilation)
        for x, kernel in zip(
          xs, self.shares(self.depthwise[unit], count, 2), strict=True
        )
      ]
      matrix = tf.squeeze(self.pointwise[unit], [0, 1])
      xs = [
        pointwise_conv(x, part, copies)
        for x, part in zip(xs, self.shares(matrix, count), strict=True)
      ]
      xs = norm.branches(xs, scales if last else None, training)
    return xs

  def weight_views(self, copy: int = 0) -> dict[str, WeightView]:
    """Depthwise and pointwise kernels and normalization of each unit."""
    views = {}
    for unit, norm in enumerate(self.norms):
      views[f'depthwise_{unit}'] = self.kernel_view(
        self.depthwise[unit], copy, axis=2
      )
      views[f'pointwise_{unit}'] = self.kernel_view(self.pointwise[unit], copy)
      views |= self.norm_views(norm, f'norm_{unit}', copy)
    return views

  def get_config(self):
    """Returns the arguments of the constructor."""
    return super().get_config() | {
      'kernel_size': self.kernel_size,
      'dilation': self.dilation,
      'widths': self.widths,
    }
