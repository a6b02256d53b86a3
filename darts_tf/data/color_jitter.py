"""Random changes of brightness, contrast, saturation and hue."""

import itertools
from collections.abc import Callable

import tensorflow as tf

# Weights of red, green and blue in grey (ITU-R BT.601), as in torchvision.
_GREY = (0.299, 0.587, 0.114)
_ORDERS = tuple(itertools.permutations(range(4)))


def color_jitter(
  images: tf.Tensor,
  strength: float,
  seed: tf.Tensor,
  draw: Callable[..., tf.Tensor],
) -> tf.Tensor:
  """Changes the colours of each image at random.

  As `ColorJitter(s, s, s, s / 2)` of torchvision: factors of brightness,
  contrast and saturation are uniform in `[1 - s, 1 + s]`, the hue turns by
  a uniform share in `[-s / 2, s / 2]` of the circle. The order of the four
  is drawn once a batch instead of once an image.

  Args:
    images: float32 (batch, height, width, 3), 0 to 1.
    strength: s, at most 1.
    seed: int32 or int64 seed of shape (2,).
    draw: see `random_resized_crop`.

  Returns:
    Images of the same shape and range.
  """
  seeds = tf.unstack(tf.random.split(seed, num=5), num=5)
  batch = tf.shape(images)[0]
  factors = [
    1 + strength * (2 * draw([batch, 1, 1, 1], one) - 1) for one in seeds[:3]
  ]
  turn = strength / 2 * (2 * draw([batch, 1, 1], seeds[3]) - 1)
  changes = (
    lambda x: _blend(x, tf.zeros_like(x), factors[0]),
    lambda x: _blend(
      x, tf.reduce_mean(_grey(x), [1, 2], keepdims=True), factors[1]
    ),
    lambda x: _blend(x, _grey(x), factors[2]),
    lambda x: _turn_hue(x, turn),
  )

  def in_order(order):
    def apply():
      result = images
      for index in order:
        result = changes[index](result)
      return result

    return apply

  # Of all replicas' parts, not of one.
  which = tf.random.stateless_uniform(
    [], seeds[4], maxval=len(_ORDERS), dtype=tf.int32
  )
  result = tf.switch_case(which, [in_order(order) for order in _ORDERS])
  return tf.ensure_shape(result, images.shape)


def _grey(images):
  return tf.reduce_sum(images * _GREY, -1, keepdims=True)


def _blend(images, others, factor):
  return tf.clip_by_value(factor * images + (1 - factor) * others, 0.0, 1.0)


def _turn_hue(images, turn):
  hue, saturation, value = tf.unstack(tf.image.rgb_to_hsv(images), axis=-1)
  return tf.image.hsv_to_rgb(
    tf.stack([tf.math.floormod(hue + turn, 1.0), saturation, value], -1)
  )
