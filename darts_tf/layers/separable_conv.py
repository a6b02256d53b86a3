"""Depthwise separable convolutions: `sep_conv_*`, `dil_conv_*`, `conv_k*`."""

from collections.abc import Callable

import keras
import tensorflow as tf

from darts_tf.graph.lean import reshape
from darts_tf.graph.recompute import recomputed
from darts_tf.layers.arrangement import Arrangement
from darts_tf.layers.batch_norm import frozen_averages
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

  pure = True

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
    if self.dilation == 1 and self.stride > 1:
      return Arrangement(padding=self.kernel_size // 2)
    if self.widths or self.dilation == 1:
      return Arrangement()
    return Arrangement.of_kernel(shape, self.stride, self.dilation)

  def branches(self, x, arrangement, count, scales=None, training=None):
    """See `Operation`."""
    copies = self.copies // count
    stride = self.stride // arrangement.every
    dilation = self.dilation // (arrangement.every * arrangement.lattices)
    padded = arrangement.padding > 0

    def convolve(unit, x, kernel, matrix):
      first = unit == 0
      x = depthwise_conv(
        x, kernel, stride if first else 1, dilation, first and padded
      )
      return pointwise_conv(x, matrix, copies)

    def between(unit, xs):
      if unit == 0:
        return xs
      xs = self.norms[unit - 1].branches(xs, None, training)
      return [tf.nn.relu(x) for x in xs]

    xs = [repeat_channels(x, copies)] * count
    for unit in range(len(self.norms)):
      kernels = self.shares(self.depthwise[unit], count, 2)
      matrix = tf.convert_to_tensor(self.pointwise[unit])
      matrix = reshape(matrix, matrix.shape[2:])
      parts = kernels, self.shares(matrix, count)
      if self._recomputes(unit, count, training):
        whole = lambda x, *weights, unit=unit: convolve(
          unit, *between(unit, [x]), *weights
        )
        xs = [recomputed(whole, _frozen(whole), xs[0], *(p[0] for p in parts))]
      else:
        xs = [
          convolve(unit, x, *weights)
          for x, *weights in zip(between(unit, xs), *parts, strict=True)
        ]
    return self.norms[-1].branches(xs, scales, training)

  def _recomputes(self, unit: int, count: int, training: bool | None) -> bool:
    """Tells whether a unit computes its activations again for gradients.

    What is before the 1x1 convolution costs little, but as much memory as
    what is behind it. In the first unit that is a depthwise convolution
    alone, and one of 5x5 costs too much.
    """
    return (
      self.frugal
      and count == 1
      and bool(training)
      # Scale and offset would have to be arguments.
      and not self.style.affine
      and (unit > 0 or self.kernel_size <= 3)
    )

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


def _frozen(function: Callable) -> Callable:
  """Lets a function leave running statistics alone."""

  def call(*arguments):
    with frozen_averages():
      return function(*arguments)

  return call
