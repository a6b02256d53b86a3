"""Pools: `max_pool_3x3` and `avg_pool_3x3`."""

import keras
import tensorflow as tf

from darts_tf.layers.convolution import pad
from darts_tf.layers.operation import Operation, WeightView

_SIZE = 3


class Pool(Operation):
  """A pool over 3x3 pixels, then normalization if the style has it.

  What kind of pool is the `pool(x)` of the subclasses. The output is the
  same for every edge: see `Operation.edge_independent`.

  Args:
    channels: see `Operation`.
    **kwargs: arguments of `Operation`.
  """

  edge_independent = True
  rectifies = False

  def __init__(self, channels: int, **kwargs):
    super().__init__(channels, **kwargs)
    self.norm_layer = (
        self.norm(affine=False) if self.style.pool_norm else None)

  def build(self, input_shape) -> None:
    """Creates the statistics of the normalization."""
    if self.norm_layer is not None:
      self.norm_layer.build(input_shape)

  def call(self, x, training=None):
    """Pools a batch.

    Args:
      x: `(batch, height, width, channels)`.
      training: see `BatchNorm`.

    Returns:
      `(batch, ceil(height / stride), ceil(width / stride), channels)`.
    """
    x = self.pool(x)
    if self.norm_layer is not None:
      x = self.norm_layer(x, training=training)
    return x

  def weight_views(self, copy: int = 0) -> dict[str, WeightView]:
    """The running statistics; all edges share them."""
    if self.norm_layer is None:
      return {}
    del copy
    return {
        f'norm.{name}': WeightView(variable, 0, variable.shape[0], 0)
        for name, variable in (
            ('moving_mean', self.norm_layer.moving_mean),
            ('moving_variance', self.norm_layer.moving_variance))}


@keras.saving.register_keras_serializable('darts_tf')
class MaxPool(Pool):
  """Largest of 3x3 pixels; pixels outside the image do not count."""

  def pool(self, x):
    """Returns the pooled batch."""
    # Padded by hand: explicit padding of the pool itself has no second
    # derivative, and where output and input have one size its kernel for
    # CPUs may overwrite what it still has to read.
    x = pad(x, 1, 1, value=x.dtype.min)
    return tf.nn.max_pool2d(x, _SIZE, self.stride, 'VALID')


@keras.saving.register_keras_serializable('darts_tf')
class AveragePool(Pool):
  """Mean of 3x3 pixels, with or without padded zeros by the style."""

  def pool(self, x):
    """Returns the pooled batch."""
    counts_padding = self.style.average_includes_padding
    if self.stride == 1 and not counts_padding:
      return tf.nn.avg_pool2d(x, _SIZE, 1, 'SAME')
    average = lambda t: tf.nn.avg_pool2d(
        pad(t, 1, 1), _SIZE, self.stride, 'VALID')
    if counts_padding:
      return average(x)
    return average(x) / average(tf.ones_like(x[:1, :, :, :1]))
