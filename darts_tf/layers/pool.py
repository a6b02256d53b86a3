"""Pools: `max_pool_3x3`, `avg_pool_3x3` and those of other sizes."""

import functools

import keras
import tensorflow as tf

from darts_tf.graph.custom_gradient import custom_gradient
from darts_tf.layers.convolution import pad
from darts_tf.layers.operation import Operation, WeightView


class Pool(Operation):
  """A pool over some pixels, then normalization if the style has it.

  What kind of pool is the `pool(x)` of the subclasses. The output is the
  same for every edge: see `Operation.edge_independent`.

  Args:
    channels: see `Operation`.
    kernel_size: height and width of what is pooled, odd.
    **kwargs: arguments of `Operation`.
  """

  edge_independent = True
  rectifies = False

  def __init__(self, channels: int, kernel_size: int = 3, **kwargs):
    super().__init__(channels, **kwargs)
    self.kernel_size = kernel_size
    self.norm_layer = self.norm(affine=False) if self.style.pool_norm else None

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
        ('moving_variance', self.norm_layer.moving_variance),
      )
    }

  def get_config(self):
    """Returns the arguments of the constructor."""
    return super().get_config() | {'kernel_size': self.kernel_size}


@keras.saving.register_keras_serializable('darts_tf')
class MaxPool(Pool):
  """Largest of some pixels; pixels outside the image do not count."""

  pure = True

  def pool(self, x):
    """Returns the pooled batch."""
    if tf.config.list_logical_devices('GPU'):
      return self._padded(x)[1]

    # oneDNN's gradient of a max pool is many times as fast as TensorFlow's,
    # and wants the pool in the same graph: a function that computes the
    # gradient of another has to pool once more, which costs little.
    @custom_gradient
    def pool(x):
      return self._padded(x)[1], functools.partial(self._gradient, x)

    return pool(x)

  def _padded(self, x):
    """Returns the padded batch and its pool."""
    # Padded by hand: explicit padding of the pool itself has no second
    # derivative, and where output and input have one size its kernel for
    # CPUs may overwrite what it still has to read.
    reach = self.kernel_size // 2
    padded = pad(x, reach, reach, value=x.dtype.min)
    return padded, tf.nn.max_pool2d(
      padded, self.kernel_size, self.stride, 'VALID'
    )

  def _gradient(self, x, upstream):
    padded, y = self._padded(x)
    reach = self.kernel_size // 2
    gradient = tf.raw_ops.MaxPoolGrad(
      orig_input=padded,
      orig_output=y,
      grad=upstream,
      ksize=[1, self.kernel_size, self.kernel_size, 1],
      strides=[1, self.stride, self.stride, 1],
      padding='VALID',
    )
    inner = x.shape if x.shape.is_fully_defined() else tf.shape(x)
    return tf.slice(gradient, [0, reach, reach, 0], inner)


@keras.saving.register_keras_serializable('darts_tf')
class AveragePool(Pool):
  """Mean of some pixels, with or without padded zeros by the style."""

  pure = True

  def pool(self, x):
    """Returns the pooled batch."""
    counts_padding = self.style.average_includes_padding
    if self.stride == 1 and not counts_padding:
      return tf.nn.avg_pool2d(x, self.kernel_size, 1, 'SAME')
    reach = self.kernel_size // 2
    average = lambda t: tf.nn.avg_pool2d(
      pad(t, reach, reach), self.kernel_size, self.stride, 'VALID'
    )
    if counts_padding:
      return average(x)
    return average(x) / average(tf.ones_like(x[:1, :, :, :1]))
