import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from darts_tf.data.resized_crop import random_resized_crop

_SEED = tf.constant([3, 4], tf.int64)


def ramps(count, height, width):
  """Rows in the first channel, columns in the second one."""
  rows, columns = np.meshgrid(
    np.arange(height), np.arange(width), indexing='ij'
  )
  image = np.stack([rows, columns], -1).astype(np.float32)
  return tf.constant(np.tile(image, [count, 1, 1, 1]))


def crop(images, seed=_SEED):
  return random_resized_crop(images, seed, tf.random.stateless_uniform)


class ResizedCropTest(tf.test.TestCase, parameterized.TestCase):
  def boxes(self, height, width, count=400):
    """Sizes and places of crops, read off what they make of ramps."""
    result = crop(ramps(count, height, width)).numpy()
    middle = slice(height // 4, -height // 4), slice(width // 4, -width // 4)
    rows, columns = result[..., 0], result[..., 1]
    # Linear in between, the same along the other axis.
    self.assertAllClose(
      np.diff(rows[:, middle[0]], 2, axis=1),
      np.zeros([count, rows[:, middle[0]].shape[1] - 2, width]),
      atol=1e-3,
    )
    steps = np.stack(
      [
        np.median(np.diff(rows, axis=1), axis=(1, 2)),
        np.median(np.diff(columns, axis=2), axis=(1, 2)),
      ],
      -1,
    )
    at = np.stack([rows[:, height // 2, 0], columns[:, 0, width // 2]], -1)
    # The place of the crop's first edge, pixels being squares.
    half = np.array([height // 2, width // 2]) + 0.5
    return steps * [height, width], at + 0.5 - half * steps

  def test_sizes_and_places(self):
    size = np.array([32, 32])
    sizes, places = self.boxes(*size)
    area = sizes.prod(-1) / size.prod()
    ratio = sizes[:, 1] / sizes[:, 0]
    self.assertBetween(area.min(), 0.079, 0.12)
    self.assertBetween(area.max(), 0.9, 1.001)
    self.assertBetween(ratio.min(), 0.749, 0.77)
    self.assertBetween(ratio.max(), 1.30, 1.334)
    # Uniform, but for the largest areas, of which fewer ratios fit.
    draw = np.random.default_rng(0)
    drawn = draw.uniform(0.08, 1, 40000)
    shape = np.exp(draw.uniform(np.log(3 / 4), np.log(4 / 3), 40000))
    drawn = drawn[np.maximum(drawn * shape, drawn / shape) <= 1]
    # Four standard deviations of a mean of 400.
    self.assertAllClose(np.mean(area), np.mean(drawn), atol=4 * 0.25 / 20)
    self.assertAllClose(np.mean(area < 0.5), np.mean(drawn < 0.5), atol=0.1)
    self.assertAllClose(np.mean(np.log(ratio)), 0, atol=0.03)
    self.assertGreater(places.min(), -1e-2)
    self.assertLess((places + sizes - size).max(), 1e-2)
    free = (size - sizes).max(-1) > 4
    share = (places / np.maximum(size - sizes, 1e-6))[free]
    self.assertAllClose(share.mean(0), [0.5, 0.5], atol=0.05)

  def test_images_too_narrow_for_any_draw(self):
    # Areas below 24 / 256 only, of ratios near 3/4, would fit.
    sizes, places = self.boxes(64, 4, 50)
    whole = np.isclose(sizes, [4 / 0.75, 4], atol=1e-2).all(-1)
    self.assertGreater(whole.sum(), 10)
    self.assertAllClose(
      places[whole],
      np.tile([(64 - 4 / 0.75) / 2, 0], [whole.sum(), 1]),
      atol=0.1,
    )

  def test_constant_images(self):
    images = tf.fill([20, 9, 12, 3], 0.37)
    self.assertAllClose(crop(images), images, atol=1e-6)

  def test_is_a_function_of_the_seed(self):
    images = ramps(3, 16, 16)
    self.assertAllEqual(crop(images), crop(images))
    self.assertNotAllClose(
      crop(images), crop(images, tf.constant([3, 5], tf.int64)), atol=0.5
    )
    first, second, _ = crop(images)
    self.assertNotAllClose(first, second, atol=0.5)


if __name__ == '__main__':
  tf.test.main()
