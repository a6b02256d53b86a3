"""Batch normalization whose scale may be a mixing weight."""

import contextlib
import contextvars
from collections.abc import Iterator

import keras
import numpy as np
import tensorflow as tf

from darts_tf.distribution.replicas import several_replicas, sum_over_replicas
from darts_tf.graph.constants import constant
from darts_tf.graph.lean import fused_batch_norm
from darts_tf.layers.slots import HasSlots, Slot, moved_average

_FUSED_DTYPES = ('float16', 'bfloat16', 'float32')
_FROZEN = contextvars.ContextVar('frozen_averages', default=False)


@contextlib.contextmanager
def frozen_averages() -> Iterator[None]:
  """Leaves running statistics alone in training passes within.

  Passes for the loss alone use this: their graph is then smaller by several
  operations a normalization.
  """
  token = _FROZEN.set(True)
  try:
    yield
  finally:
    _FROZEN.reset(token)


def averages_are_frozen() -> bool:
  """Returns whether running statistics are left alone."""
  return _FROZEN.get()


@keras.saving.register_keras_serializable('darts_tf')
class BatchNorm(HasSlots, keras.layers.Layer):
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
    self,
    affine: bool = True,
    epsilon: float = 1e-5,
    momentum: float = 0.9,
    synchronized: bool = False,
    fused: bool = True,
    **kwargs,
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
        shape=shape, initializer='ones', autocast=False, name='gamma'
      )
      self.beta = self.add_weight(
        shape=shape, initializer='zeros', autocast=False, name='beta'
      )
    else:
      self.gamma = self.beta = None
    # Replicas may differ when statistics are not synchronized. Keras' own
    # layer keeps the mean of theirs, too.
    self.moving_mean = self.add_weight(
      shape=shape,
      initializer='zeros',
      trainable=False,
      autocast=False,
      aggregation='mean',
      name='moving_mean',
    )
    self.moving_variance = self.add_weight(
      shape=shape,
      initializer='ones',
      trainable=False,
      autocast=False,
      aggregation='mean',
      name='moving_variance',
    )

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
    scales = None if scale is None else [scale]
    return self.branches([x], scales, training)[0]

  def branches(self, xs, scales=None, training=None) -> list[tf.Tensor]:
    """Normalizes a batch whose channels lie in several tensors.

    The channels count as side by side, but are not copied for it.

    Args:
      xs: tensors `(batch, height, width, n)` with equal n, whose sum is
        the number of channels.
      scales: factors of the channels, `(n,)` for each tensor; `None` for 1.
      training: see `call`.

    Returns:
      Tensors of the shapes of `xs`.
    """
    dtype = tf.float64 if xs[0].dtype == tf.float64 else tf.float32
    count = len(xs)
    factors = self._factors(xs, scales, dtype)
    if not training:
      means, variances = (
        _parts(tf.cast(v, dtype), count)
        for v in (self.moving_mean, self.moving_variance)
      )
      return [
        self._by_statistics(x, *of_x)
        for x, *of_x in zip(xs, *factors, means, variances, strict=True)
      ]
    compute = self._fused if self._uses_fused_kernel() else self._plain
    ys, means, variances = compute(xs, *factors)
    self._move(self.moving_mean, means)
    self._move(self.moving_variance, variances)
    return ys

  def _by_statistics(self, x, gamma, beta, mean, variance):
    factor = gamma * tf.math.rsqrt(variance + self.epsilon)
    y = tf.cast(x, gamma.dtype) * factor + (beta - mean * factor)
    return tf.cast(y, x.dtype)

  def _factors(self, xs, scales, dtype):
    """Scales and offsets of each tensor."""
    if self.gamma is None:
      # Without a product with 1 or 0, which would have a gradient of its own.
      channels = xs[0].shape[-1]
      gammas = scales or [constant(np.ones(channels), dtype)] * len(xs)
      return (
        [tf.cast(gamma, dtype) for gamma in gammas],
        [constant(np.zeros(channels), dtype)] * len(xs),
      )
    gammas, betas = (
      _parts(tf.cast(v, dtype), len(xs)) for v in (self.gamma, self.beta)
    )
    if scales is None:
      return gammas, betas
    scales = [tf.cast(scale, dtype) for scale in scales]
    return tuple(
      [v * scale for v, scale in zip(vs, scales, strict=True)]
      for vs in (gammas, betas)
    )

  def _uses_fused_kernel(self) -> bool:
    return (
      self.fused
      and not self._across_replicas()
      and self.compute_dtype in _FUSED_DTYPES
    )

  def _across_replicas(self) -> bool:
    return self.synchronized and several_replicas()

  def _fused(self, xs, gammas, betas):
    normalized = [
      fused_batch_norm(x, gamma, beta, self.epsilon)
      for x, gamma, beta in zip(xs, gammas, betas, strict=True)
    ]
    return [list(values) for values in zip(*normalized, strict=True)]

  def _plain(self, xs, gammas, betas):
    """Uses TensorFlow operations; sums of all tensors travel together."""
    compute_dtype, dtype = xs[0].dtype, gammas[0].dtype
    xs = [tf.cast(x, dtype) for x in xs]
    count, add = _pixels(xs[0]), list
    if self._across_replicas():
      context = tf.distribute.get_replica_context()
      count, add = count * context.num_replicas_in_sync, sum_over_replicas
    over_pixels = lambda tensors: [
      total / count
      for total in add([tf.reduce_sum(t, [0, 1, 2]) for t in tensors])
    ]
    means = over_pixels(xs)
    centered = [x - mean for x, mean in zip(xs, means, strict=True)]
    variances = over_pixels([x * x for x in centered])
    ys = [
      tf.cast(
        x * (gamma * tf.math.rsqrt(variance + self.epsilon)) + beta,
        compute_dtype,
      )
      for x, gamma, beta, variance in zip(
        centered, gammas, betas, variances, strict=True
      )
    ]
    # One value a channel has no unbiased variance; PyTorch refuses it, the
    # fused kernel keeps the biased one.
    largest = tf.maximum if tf.is_tensor(count) else max
    correction = count / largest(count - 1, 1)
    return ys, means, [v * correction for v in variances]

  def _move(self, average, values) -> None:
    if averages_are_frozen():
      return
    value = values[0] if len(values) == 1 else tf.concat(values, 0)
    value = tf.cast(value, average.dtype)
    if isinstance(average, Slot):
      average.move(value, self.momentum)
    else:
      average.assign(moved_average(average, value, self.momentum))

  def compute_output_shape(self, input_shape):
    """Returns the shape of the input."""
    return tuple(input_shape)

  def get_config(self):
    """Returns the arguments of the constructor."""
    return super().get_config() | {
      'affine': self.affine,
      'epsilon': self.epsilon,
      'momentum': self.momentum,
      'synchronized': self.synchronized,
      'fused': self.fused,
    }


def _pixels(x):
  """Values of a channel in a batch: a number if the shape is known."""
  if x.shape.is_fully_defined():
    return x.shape.num_elements() / x.shape[-1]
  return tf.cast(tf.reduce_prod(tf.shape(x)[:-1]), x.dtype)


def _parts(vector, count: int) -> list[tf.Tensor]:
  return [vector] if count == 1 else tf.split(vector, count)
