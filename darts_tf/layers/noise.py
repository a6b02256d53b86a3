"""Noise in place of an input: `noise`."""

import keras
import tensorflow as tf

from darts_tf.layers import philox
from darts_tf.layers.image_draws import ImageDraws
from darts_tf.layers.operation import Operation


@keras.saving.register_keras_serializable('darts_tf')
class Noise(Operation):
  """Standard normal noise of the strided shape, whatever the input.

  The harmful candidate of the space S4 (arXiv:1909.09656). Each
  edge, image, pixel and channel has a draw of its own. Passes from the same
  state draw the same noise, see `ImageDraws`; in inference all images meet
  the same noise, so that predictions are deterministic.

  Args:
    channels: see `Operation`.
    seed: of the draws; `random_seed()` by default.
    **kwargs: arguments of `Operation`.
  """

  rectifies = False

  def __init__(self, channels: int, seed: int | None = None, **kwargs):
    super().__init__(channels, **kwargs)
    self.seed = seed
    self.draws = ImageDraws(self, seed)

  def build(self, input_shape) -> None:
    """There is nothing to learn."""
    del input_shape

  def branches(self, x, arrangement, count, scales=None, training=None):
    """Draws noise for all edges at once; see `Operation`."""
    del arrangement
    shape = (*_strided_sizes(x, self.stride), self.copies * self.channels)
    draw = philox.normal
    if training:
      noise = self.draws.training(x, shape, draw)
    else:
      noise = tf.tile(
        self.draws.inference(shape, draw), [tf.shape(x)[0], 1, 1, 1]
      )
    noise = tf.cast(noise, x.dtype)
    parts = [noise] if count == 1 else tf.split(noise, count, -1)
    if scales is None:
      return parts
    return [
      part * tf.cast(scale, part.dtype)
      for part, scale in zip(parts, scales, strict=True)
    ]

  def get_config(self):
    """Returns the arguments of the constructor."""
    return super().get_config() | {'seed': self.seed}


def _strided_sizes(x, stride: int) -> tuple:
  """Height and width after a stride, as numbers where they are known."""
  return tuple(
    -(-(x.shape[axis] or tf.shape(x)[axis]) // stride) for axis in (1, 2)
  )
