"""Clipping by the global norm, as PyTorch does it."""

from collections.abc import Sequence

import tensorflow as tf


def clip_by_global_norm(
  gradients: Sequence[tf.Tensor], clip_norm: float
) -> list[tf.Tensor]:
  """Scales gradients by min(1, clip_norm / (norm + 1e-6)).

  The formula of `torch.nn.utils.clip_grad_norm_`; the norm is that of all
  gradients concatenated, computed in float32 at least.

  Args:
    gradients: dense tensors, of the global batch.
    clip_norm: the largest norm allowed.

  Returns:
    Tensors of the same shapes and dtypes.
  """
  dtype = tf.float32
  if any(gradient.dtype == tf.float64 for gradient in gradients):
    dtype = tf.float64
  norm = tf.sqrt(
    tf.add_n(
      [tf.nn.l2_loss(tf.cast(gradient, dtype)) for gradient in gradients]
    )
    * 2
  )
  scale = tf.minimum(tf.ones((), dtype), clip_norm / (norm + 1e-6))
  return [gradient * tf.cast(scale, gradient.dtype) for gradient in gradients]
