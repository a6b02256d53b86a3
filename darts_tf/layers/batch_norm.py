"""Batch normalization whose scale may be a mixing weight."""

import keras
import tensorflow as tf

from darts_tf.replicas import sum_over_replicas

_FUSED_DTYPES = ('float16', 'bfloat16', 'float32')


@keras.saving.register_keras_serializable('darts_tf')
class BatchNorm(keras.layers.Layer):
  r"""Normalizes over batch, height and width.

  `y = gamma * (x - mean) / sqrt(variance + epsilon) + beta`, then times an
  optional factor per channel: the mixing weight of the edge that a channel
  belongs to (a weighted sum then costs no extra pass over the tensor).

  On one replica the fused kernel computes it; float64 and synchronized
  statistics take a plain form. Statistics of half precision types are in
  float32. The running variance is the unbiased one, as in PyTorch.

  Args:
    affine: whether `gamma` and `beta` are learned; else 1 and 0.
    epsilon: added to the variance.
    momentum: share of the old value in the running statistics.
    synchronized: whether statistics are those of the batches of all
      replicas together.
    fused: `False` takes the plain form always.
    **kwargs: arguments of `keras.layers.Layer`.
  """

  def __init__(
      self, affine: bool = True, epsilon: float = 1e-5,
      momentum: float = 0.9, synchronized: bool = False,
      fused: bool = True, **kwargs,
  ):
    super().__init__(**kwargs)
    self.affine = affine
    self.epsilon = epsilon
    self.momentum = momentum
    self.synchronized = synchronized
    self.fused = fused

  def build(self, input_shape) -> None:
    """Creates the scale, the offset and the running statistics."""
    shape = (input_shape[-1],)
    # Nothing here is ever rounded to half precision.
    if self.affine:
      self.gamma = self.add_weight(
          shape=shape, initializer='ones', autocast=False, name='gamma')
      self.beta = self.add_weight(
          shape=shape, initializer='zeros', autocast=False, name='beta')
    else:
      self.gamma = self.beta = None
    # Replicas may differ when statistics are not synchronized: the mean of
    # theirs is what Keras' own layer keeps, too.
    self.moving_mean = self.add_weight(
        shape=shape, initializer='zeros', trainable=False, autocast=False,
        aggregation='mean', name='moving_mean')
    self.moving_variance = self.add_weight(
        shape=shape, initializer='ones', trainable=False, autocast=False,
        aggregation='mean', name='moving_variance')

  def call(self, x, scale=None, training=None):
    """Normalizes a batch.

    Args:
      x: `(batch, height, width, channels)`.
      scale: factor of each channel, `(channels,)`; `None` for 1.
      training: whether to take the statistics of this batch and to move
        the running ones.

    Returns:
      A tensor of the shape of `x`.
    """
    dtype = tf.float64 if x.dtype == tf.float64 else tf.float32
    gamma, beta = self._factors(x.shape[-1], scale, dtype)
    if not training:
      mean, variance = (
          tf.cast(v, dtype) for v in (self.moving_mean, self.moving_variance))
      factor = gamma * tf.math.rsqrt(variance + self.epsilon)
      y = tf.cast(x, dtype) * factor + (beta - mean * factor)
      return tf.cast(y, x.dtype)
    if self._uses_fused_kernel():
      y, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
          x=x, scale=gamma, offset=beta, mean=[], variance=[],
          epsilon=self.epsilon, is_training=True)
    else:
      y, mean, variance = self._plain(tf.cast(x, dtype), gamma, beta)
      y = tf.cast(y, x.dtype)
    self._move(self.moving_mean, mean)
    self._move(self.moving_variance, variance)
    return y

  def _factors(self, channels, scale, dtype):
    if scale is not None:
      scale = tf.cast(scale, dtype)
    if self.gamma is None:
      # Without a product with 1 or 0, which would have a gradient of its own.
      return (tf.ones([channels], dtype) if scale is None else scale,
              tf.zeros([channels], dtype))
    gamma, beta = tf.cast(self.gamma, dtype), tf.cast(self.beta, dtype)
    return (gamma, beta) if scale is None else (gamma * scale, beta * scale)

  def _uses_fused_kernel(self) -> bool:
    return (self.fused and not self._across_replicas()
            and self.compute_dtype in _FUSED_DTYPES)

  def _across_replicas(self) -> bool:
    context = tf.distribute.get_replica_context()
    return (self.synchronized and context is not None
            and context.num_replicas_in_sync > 1)

  def _plain(self, x, gamma, beta):
    count = tf.cast(tf.reduce_prod(tf.shape(x)[:-1]), x.dtype)
    total = tf.reduce_sum(x, [0, 1, 2])
    add = tf.identity
    if self._across_replicas():
      context = tf.distribute.get_replica_context()
      count = count * context.num_replicas_in_sync
      add = lambda t: sum_over_replicas([t])[0]
    mean = add(total) / count
    centered = x - mean
    variance = add(tf.reduce_sum(centered * centered, [0, 1, 2])) / count
    y = centered * (gamma * tf.math.rsqrt(variance + self.epsilon)) + beta
    # One value a channel has no unbiased variance; PyTorch refuses it, the
    # fused kernel keeps the biased one.
    unbiased = variance * (count / tf.maximum(count - 1, 1))
    return y, mean, unbiased

  def _move(self, average, value) -> None:
    value = tf.cast(value, average.dtype)
    average.assign(
        average * self.momentum + value * (1. - self.momentum))

  def compute_output_shape(self, input_shape):
    """The shape of the input."""
    return tuple(input_shape)

  def get_config(self):
    """Returns the arguments of the constructor."""
    return super().get_config() | {
        'affine': self.affine, 'epsilon': self.epsilon,
        'momentum': self.momentum, 'synchronized': self.synchronized,
        'fused': self.fused}
