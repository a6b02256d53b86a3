"""Noise in place of an input: `noise`."""

import keras
import tensorflow as tf

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

  def call(self, x, scale=None, training=None):
    """Draws noise for all edges; see `Operation`."""
    like = x[:, ::self.stride, ::self.stride]
    shape = (*_sizes(like), self.copies * self.channels)
    draw = tf.random.stateless_normal
    if training:
      noise = self.draws.training(x, shape, draw)
    else:
      noise = tf.tile(
          self.draws.inference(shape, draw), [tf.shape(x)[0], 1, 1, 1])
    noise = tf.cast(noise, x.dtype)
    return noise if scale is None else noise * self.per_channel(scale)

  def get_config(self):
    """Returns the arguments of the constructor."""
    return super().get_config() | {'seed': self.seed}


def _sizes(x) -> tuple:
  """Height and width, as numbers where they are known."""
  return tuple(
      x.shape[axis] or tf.shape(x)[axis] for axis in (1, 2))
