import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from darts_tf.config.errors import InputError
from darts_tf.data import (
  Augmentation,
  DatasetInfo,
  augment,
  default_augmentation,
  normalize,
)

_MEAN = (0.4, 0.5)
_STD = (0.2, 0.25)


def _images(batch=40, height=5, width=6):
  size = (batch, height, width, 2)
  return np.random.default_rng(0).integers(1, 256, size, dtype=np.uint8)


def _normalized(images):
  return ((images / 255 - np.array(_MEAN)) / np.array(_STD)).astype(np.float32)


def _slow_crop(image, padding, top, left, mirrored):
  """One image: pad by zeros, crop, mirror."""
  height, width, channels = image.shape
  out = np.zeros_like(image)
  for row in range(height):
    for column in range(width):
      y = row + top - padding
      x = (width - 1 - column if mirrored else column) + left - padding
      if 0 <= y < height and 0 <= x < width:
        out[row, column] = image[y, x]
  return out


class AugmentTest(tf.test.TestCase, parameterized.TestCase):
  def _augment(self, images, seed=(1, 2), **arguments):
    return augment(
      images, Augmentation(**arguments), _MEAN, _STD, tf.constant(seed)
    ).numpy()

  def test_normalizes(self):
    images = _images()
    self.assertAllClose(self._augment(images), _normalized(images), 1e-5)
    self.assertAllClose(
      normalize(images, _MEAN, _STD), _normalized(images), 1e-5
    )

  @parameterized.parameters((2, True), (2, False), (0, True), (1, False))
  def test_crop_and_flip_equal_the_slow_ones(self, padding, flip):
    images = _images()
    out = self._augment(images, crop_padding=padding, flip=flip)
    found = []
    choices = [
      (top, left, mirrored)
      for top in range(2 * padding + 1)
      for left in range(2 * padding + 1)
      for mirrored in ((False, True) if flip else (False,))
    ]
    for image, result in zip(images, out, strict=True):
      matches = [
        choice
        for choice in choices
        if np.allclose(
          _normalized(_slow_crop(image, padding, *choice)), result, atol=1e-4
        )
      ]
      self.assertLen(matches, 1)
      found += matches
    # Images are treated each by itself, and every value is met.
    tops, lefts, mirrored = (set(values) for values in zip(*found, strict=True))
    self.assertEqual(tops, set(range(2 * padding + 1)))
    self.assertEqual(lefts, set(range(2 * padding + 1)))
    self.assertEqual(mirrored, {False, True} if flip else {False})

  @parameterized.parameters(1, 2, 3, 4)
  def test_cutout_equals_the_slow_one(self, side):
    images = _images(batch=200)
    plain = _normalized(images)
    out = self._augment(images, cutout=side)
    centres = set()
    for before, after in zip(plain, out, strict=True):
      matches = []
      for y in range(5):
        for x in range(6):
          expected = before.copy()
          top, left = y - side // 2, x - side // 2
          expected[max(top, 0) : top + side, max(left, 0) : left + side] = 0
          if np.allclose(expected, after, atol=1e-4):
            matches.append((y, x))
      self.assertLen(matches, 1)
      centres.update(matches)
    self.assertLen(centres, 30)

  def test_cutout_larger_than_the_image(self):
    self.assertAllEqual(
      self._augment(_images(), cutout=20), np.zeros((40, 5, 6, 2))
    )

  def test_draws_are_independent(self):
    images = np.tile(_images(1), (4000, 1, 1, 1))
    out = self._augment(images, crop_padding=1, flip=True)
    _, counts = np.unique(out.reshape(4000, -1), axis=0, return_counts=True)
    # 9 offsets by 2 sides, each of 4000 / 18 images, deviation 15.
    self.assertLen(counts, 18)
    self.assertLess(np.abs(counts - 4000 / 18).max(), 75)

  def test_is_a_function_of_the_seed(self):
    settings = dict(crop_padding=2, flip=True, cutout=2)
    first = self._augment(_images(), **settings)
    self.assertAllEqual(first, self._augment(_images(), **settings))
    other = self._augment(_images(), seed=(1, 3), **settings)
    self.assertGreater(np.abs(first - other).max(), 0)

  def test_graph_equals_eager_and_keeps_the_shape(self):
    settings = Augmentation(2, True, 2)

    @tf.function(input_signature=[tf.TensorSpec((40, 5, 6, 2), tf.uint8)])
    def compiled(images):
      out = augment(images, settings, _MEAN, _STD, tf.constant([1, 2]))
      self.assertEqual(out.shape, (40, 5, 6, 2))
      return out

    self.assertAllClose(
      compiled(_images()),
      self._augment(_images(), crop_padding=2, flip=True, cutout=2),
    )

  @parameterized.parameters(
    ('digits', (8, 8, 1), 1, False),
    ('digits', (16, 16, 1), 2, False),
    ('mnist', (28, 28, 1), 2, False),
    ('fashion_mnist', (28, 28, 1), 2, True),
    ('svhn_cropped', (32, 32, 3), 4, False),
    ('cifar10', (32, 32, 3), 4, True),
    ('cifar10_corrupted/fog_1', (32, 32, 3), 4, True),
    ('folder:x', (64, 64, 3), 8, True),
    ('folder:x', (64, 64, 1), 8, False),
  )
  def test_defaults(self, name, shape, padding, flip):
    info = DatasetInfo(name, shape, ('a', 'b'), (0.0,), (1.0,), 1, 1)
    self.assertEqual(default_augmentation(info), Augmentation(padding, flip))

  @parameterized.parameters(
    ({'crop_padding': -1}, 'crop_padding=-1'), ({'cutout': 2.5}, 'cutout=2.5')
  )
  def test_errors(self, arguments, message):
    with self.assertRaisesRegex(InputError, message):
      Augmentation(**arguments)


if __name__ == '__main__':
  tf.test.main()
