from unittest import mock

import numpy as np
from absl.testing import absltest, parameterized

from darts_tf import data
from darts_tf.config.errors import InputError, OutOfMemoryError
from darts_tf.data import memory
from darts_tf.data.image_data import channel_statistics, make_image_data


class DigitsTest(parameterized.TestCase):
  def test_is_complete(self):
    digits = data.load('digits')
    info = digits.info
    self.assertEqual(digits.x_train.shape, (1437, 8, 8, 1))
    self.assertEqual(digits.x_test.shape, (360, 8, 8, 1))
    self.assertEqual(digits.x_train.dtype, np.uint8)
    self.assertEqual(digits.y_train.dtype, np.int32)
    self.assertEqual((info.num_train, info.num_test), (1437, 360))
    self.assertEqual(info.class_names, tuple('0123456789'))
    self.assertEqual(info.num_classes, 10)
    self.assertEqual(info.image_shape, (8, 8, 1))
    values = set(np.unique(digits.x_train).tolist())
    self.assertEqual(values, {round(v * 255 / 16) for v in range(17)})
    counts = np.bincount(np.concatenate([digits.y_train, digits.y_test]))
    self.assertEqual(
      counts.tolist(), [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    )
    self.assertLessEqual(np.ptp(np.bincount(digits.y_test)), 2)

  def test_classes_can_be_told_apart(self):
    digits = data.load('digits')
    x_train = digits.x_train.reshape(1437, -1) / 255
    x_test = digits.x_test.reshape(360, -1) / 255
    distance = ((x_test[:, None] - x_train[None]) ** 2).sum(-1)
    found = digits.y_train[distance.argmin(-1)]
    self.assertGreater((found == digits.y_test).mean(), 0.97)

  def test_image_size(self):
    digits = data.load('digits', image_size=16)
    self.assertEqual(digits.info.image_shape, (16, 16, 1))
    self.assertEqual(digits.x_train.dtype, np.uint8)
    self.assertAlmostEqual(
      digits.x_train.mean(), data.load('digits').x_train.mean(), delta=2
    )
    self.assertEqual(
      data.load('digits', image_size=(4, 6)).x_test.shape, (360, 4, 6, 1)
    )

  @parameterized.parameters(
    ({'image_size': 0}, 'image_size=0'),
    ({'image_size': (8, 8, 8)}, r'expected a positive integer or \(height'),
    ({'image_size': (8.0, 8)}, 'image size is not valid'),
    ({'test_fraction': 1}, 'expected 0 < test_fraction < 1.*fraction=1'),
  )
  def test_errors(self, arguments, message):
    with self.assertRaisesRegex(InputError, message):
      data.load('digits', **arguments)


class StatisticsTest(absltest.TestCase):
  def test_equal_numpy(self):
    images = np.random.default_rng(0).integers(0, 256, (50, 5, 4, 3), np.uint8)
    mean, std = channel_statistics(images)
    np.testing.assert_allclose(mean, (images / 255).mean((0, 1, 2)))
    np.testing.assert_allclose(std, (images / 255).std((0, 1, 2)))

  def test_constant_channel_can_be_divided_by(self):
    mean, std = channel_statistics(np.full((3, 2, 2, 1), 51, np.uint8))
    self.assertAlmostEqual(mean[0], 0.2)
    self.assertEqual(std, (1.0,))

  def test_empty_part(self):
    images, labels = np.zeros((2, 1, 1, 1), np.uint8), np.zeros(2, int)
    with self.assertRaisesRegex(InputError, 'expected both.*num_test=0'):
      make_image_data('x', images, labels, images[:0], labels[:0], ['a', 'b'])

  def test_one_class(self):
    images, labels = np.zeros((2, 1, 1, 1), np.uint8), np.zeros(2, int)
    with self.assertRaisesRegex(InputError, 'fewer than two classes'):
      make_image_data('x', images, labels, images, labels, ['a'])


class MemoryTest(absltest.TestCase):
  def test_is_known_here(self):
    self.assertGreater(memory.available_bytes(), 10**6)

  def test_refuses_too_many_images(self):
    with mock.patch.object(memory, 'available_bytes', lambda: 2000):
      memory.check_memory('x', 6, (10, 10, 1))
      with self.assertRaisesRegex(
        OutOfMemoryError, "smaller image_size, at most 9.*'x', num_images=7"
      ):
        memory.check_memory('x', 7, (10, 10, 1))

  def test_is_asked_before_resizing(self):
    with mock.patch.object(memory, 'available_bytes', lambda: 10**6):
      with self.assertRaisesRegex(
        OutOfMemoryError, 'pass a smaller image_size'
      ):
        data.load('digits', image_size=100)

  def test_unknown_memory_refuses_nothing(self):
    with mock.patch.object(memory, 'available_bytes', lambda: None):
      memory.check_memory('x', 10**9, (100, 100, 3))


if __name__ == '__main__':
  absltest.main()
