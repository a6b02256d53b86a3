"""Drop path: whole operations are left out for some images."""

from typing import Any

import keras
import tensorflow as tf

from darts_tf.layers import philox
from darts_tf.layers.image_draws import ImageDraws


class DropPath(keras.layers.Layer):
  r"""Draws which paths of a cell are left out for which images.

  A path's output is multiplied by `m / (1 - rate)` with `m` drawn for each
  image: 0 with probability `rate`, else 1 (arXiv:1605.07648). All paths of
  a cell are drawn at once.

  Args:
    paths: number of paths, which are dropped independently.
    seed: of the draws; `random_seed()` by default.
    **kwargs: arguments of `keras.layers.Layer`.
  """

  def __init__(self, paths: int = 1, seed: int | None = None, **kwargs):
    super().__init__(**kwargs)
    self.paths = paths
    self.draws = ImageDraws(self, seed)
    self.built = True

  def call(self, x, rate) -> list[Any]:
    """Draws for a training step.

    Args:
      x: a batch of the step, `(batch, …)`.
      rate: probability in `[0, 1)`, a scalar tensor.

    Returns:
      A factor `(batch, 1, 1, 1)` for each path, of the type of `x`.
    """
    wide = tf.float64 if x.dtype == tf.float64 else tf.float32
    keep = 1.0 - tf.cast(rate, wide)
    draws = self.draws.training(x, (1, 1, 1, self.paths), philox.uniform)
    kept = tf.cast(draws < tf.cast(keep, draws.dtype), wide)
    return tf.unstack(tf.cast(kept / keep, x.dtype), axis=-1)
