"""Operations of TensorFlow whose gradients have few operations of their own.

TensorFlow's gradient of a reshape makes a constant of the shape each time, and
that of a normalization makes zeros for the outputs that have no gradient. In a
network of many small operations that is a fifth of the graph.
"""

from collections.abc import Sequence

import tensorflow as tf

from darts_tf.compat.tensorflow import record_operation, unrecorded
from darts_tf.graph.constants import constant


def reshape(x: tf.Tensor, shape: Sequence[int]) -> tf.Tensor:
  """Reshapes a tensor of which at most one axis is unknown.

  Args:
    x: a tensor.
    shape: numbers; -1 for one that follows from the others.
  """
  before = [-1 if n is None else n for n in x.shape]
  if before.count(-1) > 1:
    return tf.reshape(x, shape)
  with unrecorded():
    y = tf.reshape(x, constant(list(shape)))
  record_operation(
    'Reshape', [y], [x], lambda upstream: [reshape(upstream, before)]
  )
  return y


def fused_batch_norm(
  x: tf.Tensor, scale: tf.Tensor, offset: tf.Tensor, epsilon: float
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
  """Normalizes a batch by its own statistics, in one kernel.

  Args:
    x: `(batch, height, width, channels)`.
    scale: `(channels,)`, float32.
    offset: `(channels,)`, float32.
    epsilon: added to the variance.

  Returns:
    What has the shape of `x`, the mean, and the unbiased variance. The
    last two have no gradient.
  """
  nothing = constant([], scale.dtype)
  with unrecorded():
    y, mean, variance, *reserved = tf.raw_ops.FusedBatchNormV3(
      x=x,
      scale=scale,
      offset=offset,
      mean=nothing,
      variance=nothing,
      epsilon=epsilon,
      is_training=True,
    )

  def gradient(upstream):
    return tf.raw_ops.FusedBatchNormGradV3(
      y_backprop=upstream,
      x=x,
      scale=scale,
      reserve_space_1=reserved[0],
      reserve_space_2=reserved[1],
      reserve_space_3=reserved[2],
      epsilon=epsilon,
      is_training=True,
    )[:3]

  record_operation('FusedBatchNorm', [y], [x, scale, offset], gradient)
  return y, mean, variance
