import numpy as np
import tensorflow as tf

from darts_tf.config.errors import InputError
from darts_tf.data.augment import Augmentation, augment
from darts_tf.data.color_jitter import color_jitter

_SEED = tf.constant([1, 2], tf.int64)


def images():
  draw = np.random.default_rng(0)
  return tf.constant(draw.random([6, 5, 4, 3]).astype(np.float32))


def with_draws(*values, strength=0.4):
  """Jitter whose draws for brightness, contrast, saturation, hue are given."""
  values = iter(values)

  def draw(shape, seed, **unused):
    del seed
    return tf.fill(shape, next(values))

  return color_jitter(images(), strength, _SEED, draw)


class ColorJitterTest(tf.test.TestCase):
  def test_each_change(self):
    x = images()
    grey = tf.reduce_sum(x * [0.299, 0.587, 0.114], -1, keepdims=True)
    mean = tf.reduce_mean(grey, [1, 2], keepdims=True)
    clipped = lambda y: tf.clip_by_value(y, 0, 1)
    for draws, expected in (
      ((0.5, 0.5, 0.5, 0.5), x),
      ((1.0, 0.5, 0.5, 0.5), clipped(1.4 * x)),
      ((0.0, 0.5, 0.5, 0.5), 0.6 * x),
      ((0.5, 0.0, 0.5, 0.5), 0.6 * x + 0.4 * mean),
      ((0.5, 1.0, 0.5, 0.5), clipped(1.4 * x - 0.4 * mean)),
      ((0.5, 0.5, 0.0, 0.5), 0.6 * x + 0.4 * grey),
      ((0.5, 0.5, 0.5, 1.0), tf.image.adjust_hue(x, 0.2)),
      ((0.5, 0.5, 0.5, 0.0), tf.image.adjust_hue(x, -0.2)),
    ):
      self.assertAllClose(with_draws(*draws), expected, atol=1e-5)

  def test_orders(self):
    results = []
    for seed in range(60):
      values = iter((0.9, 0.1, 0.2, 0.8))
      results.append(
        color_jitter(
          images(),
          0.4,
          tf.constant([seed, 0], tf.int64),
          lambda shape, seed, values=values: tf.fill(shape, next(values)),
        )
      )
    # More than one order; all of them stay within the range.
    self.assertGreater(np.ptp(results, axis=0).max(), 0.01)
    self.assertBetween(np.min(results), 0, 1)
    self.assertBetween(np.max(results), 0, 1)

  def test_images_differ(self):
    same = tf.tile(images()[:1], [6, 1, 1, 1])
    result = color_jitter(same, 0.4, _SEED, tf.random.stateless_uniform)
    self.assertGreater(np.ptp(result, axis=0).min(), 0)


class AugmentTest(tf.test.TestCase):
  def test_parts_are_those_of_the_whole(self):
    pixels = np.random.default_rng(0).integers(0, 256, [8, 12, 12, 3], np.uint8)
    options = Augmentation(flip=True, resized_crop=True, color_jitter=0.4)
    args = options, [0.5] * 3, [0.25] * 3, _SEED
    whole = augment(tf.constant(pixels), *args)
    parts = [
      augment(tf.constant(pixels[4 * i : 4 * i + 4]), *args, i, 2)
      for i in range(2)
    ]
    self.assertAllClose(tf.concat(parts, 0), whole, atol=1e-5)

  def test_neither_changes_what_is_drawn_without(self):
    pixels = tf.constant(
      np.random.default_rng(0).integers(0, 256, [4, 8, 8, 3], np.uint8)
    )
    args = [0.0] * 3, [1.0] * 3, _SEED
    plain = augment(pixels, Augmentation(flip=True, cutout=3), *args)
    jittered = augment(
      pixels, Augmentation(flip=True, cutout=3, color_jitter=1e-9), *args
    )
    self.assertAllClose(plain, jittered, atol=1e-5)

  def test_bad_input(self):
    with self.assertRaisesRegex(InputError, 'Received: crop_padding=4'):
      Augmentation(crop_padding=4, resized_crop=True)
    with self.assertRaisesRegex(InputError, 'Received: color_jitter=1.5'):
      Augmentation(color_jitter=1.5)


if __name__ == '__main__':
  tf.test.main()
