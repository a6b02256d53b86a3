"""Drop path: whole operations are left out for some images."""

import keras
import tensorflow as tf


class DropPath(keras.layers.Layer):
  r"""Zeroes an operation's output for a share of the images.

  `y = x * m / (1 - rate)` with `m` drawn for each image: 0 with
  probability `rate`, else 1 (arXiv:1605.07648).

  Args:
    seed: of the draws.
    **kwargs: arguments of `keras.layers.Layer`.
  """

  def __init__(self, seed: int | None = None, **kwargs):
    super().__init__(**kwargs)
    self.seed_generator = keras.random.SeedGenerator(seed)

  def call(self, x, rate):
    """Drops paths.

    Args:
      x: `(batch, height, width, channels)`.
      rate: probability in `[0, 1)`, a scalar tensor.

    Returns:
      A tensor of the shape of `x`.
    """
    keep = 1. - tf.cast(rate, x.dtype)
    seed = tf.convert_to_tensor(self.seed_generator.next())
    context = tf.distribute.get_replica_context()
    if context is not None and context.num_replicas_in_sync > 1:
      # The state is the same on all replicas, their images are not.
      seed = tf.random.fold_in(seed, context.replica_id_in_sync_group)
    draw = tf.random.stateless_uniform(
        [tf.shape(x)[0], 1, 1, 1], seed, dtype=tf.float32)
    mask = tf.cast(draw < tf.cast(keep, tf.float32), x.dtype)
    return x * (mask / keep)

  def compute_output_shape(self, input_shape):
    """The shape of the input."""
    return tuple(input_shape)
