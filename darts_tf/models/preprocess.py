"""The layers that adapt inputs to the channels and the size of a cell."""

import keras
import tensorflow as tf

from darts_tf.config.registry import Registry
from darts_tf.layers.convolution import conv
from darts_tf.layers.factorized_reduce import FactorizedReduce
from darts_tf.layers.initializers import uniform_fan_in
from darts_tf.layers.operation import Operation, WeightView
from darts_tf.layers.relu_conv_bn import ReLUConvBN
from darts_tf.layers.skip import Identity
from darts_tf.search_space.macro import CellPlan
from darts_tf.search_space.style import OperationStyle


@keras.saving.register_keras_serializable('darts_tf')
class ResidualBlock(Operation):
  """The block between two stages of NAS-Bench-201 (arXiv:2001.00326).

  It adds two ReLU-3x3-normalization units, the first of stride 2, to a 2x2
  average pool and a 1x1 convolution of the same input.

  Args:
    channels: of the output.
    **kwargs: arguments of `Operation`.
  """

  rectifies = False
  pure = True

  def __init__(self, channels: int, stride: int = 2, **kwargs):
    super().__init__(channels, stride=stride, **kwargs)
    self.first = ReLUConvBN(channels, 3, stride=stride, style=self.style)
    self.second = ReLUConvBN(channels, 3, style=self.style)

  def build(self, input_shape) -> None:
    """Builds the units and the shortcut."""
    self.first.build(input_shape)
    self.second.build(self.first.compute_output_shape(input_shape))
    self.shortcut = self.add_weight(
      shape=(1, 1, input_shape[-1], self.channels),
      initializer=uniform_fan_in(input_shape[-1]),
      name='shortcut',
    )

  def call(self, x, training=None):
    """Maps `(batch, height, width, c)` to half the size."""
    y = self.second(self.first(x, training=training), training=training)
    pooled = tf.nn.avg_pool2d(x, 2, self.stride, 'SAME')
    return y + conv(pooled, *self.shares(self.shortcut, 1))

  def weight_views(self, copy: int = 0) -> dict[str, WeightView]:
    """Those of both units, and the kernel of the shortcut."""
    views = {
      f'{unit}.{name}': view
      for unit, layer in (('first', self.first), ('second', self.second))
      for name, view in layer.weight_views(copy).items()
    }
    return views | {'shortcut': self.kernel_view(self.shortcut, copy)}


def _darts(
  plan: CellPlan, previous_reduced: bool, halve: bool, style: OperationStyle
) -> list[Operation]:
  """Older input: halved after a reduction; newer: a 1x1 convolution."""
  del halve
  if previous_reduced:
    older = FactorizedReduce(plan.channels, style=style)
  else:
    older = ReLUConvBN(plan.channels, style=style)
  return [older, ReLUConvBN(plan.channels, style=style)]


def _course(
  plan: CellPlan, previous_reduced: bool, halve: bool, style: OperationStyle
) -> list[Operation]:
  """1x1 convolutions with a larger epsilon; stride 2 after a reduction."""
  del halve
  style = style.replace(epsilon=1e-3)
  return [
    ReLUConvBN(plan.channels, stride=2 if previous_reduced else 1, style=style),
    ReLUConvBN(plan.channels, style=style),
  ]


def _identity(
  plan: CellPlan, previous_reduced: bool, halve: bool, style: OperationStyle
) -> list[Operation]:
  """The newer input alone; a residual block between stages."""
  del previous_reduced
  if halve:
    return [ResidualBlock(plan.channels, style=style.replace(affine=True))]
  return [Identity(plan.channels, style=style)]


preprocesses: Registry = Registry('preprocess')
preprocesses.register('darts', _darts)
preprocesses.register('course', _course)
preprocesses.register('identity', _identity)
