import os
import tempfile

import numpy as np
from absl.testing import absltest, parameterized

from darts_tf import data
from darts_tf.config.errors import InputError


def _arrays(**changes):
  arrays = {
    'x_train': np.arange(4 * 6, dtype=np.uint8).reshape(4, 2, 3),
    'y_train': np.array([0, 1, 2, 1]),
    'x_test': np.full((2, 2, 3), 7, np.uint8),
    'y_test': np.array([2, 0]),
  }
  arrays.update(changes)
  return {key: value for key, value in arrays.items() if value is not None}


class NpzTest(parameterized.TestCase):
  def setUp(self):
    super().setUp()
    self.folder = self.enter_context(tempfile.TemporaryDirectory())

  def _save(self, **changes):
    path = os.path.join(self.folder, 'images.npz')
    np.savez(path, **_arrays(**changes))
    return path

  def test_grey_images(self):
    path = self._save()
    for name in (path, f'npz:{path}'):
      loaded = data.load(name)
      self.assertEqual(loaded.info.image_shape, (2, 3, 1))
      self.assertEqual(loaded.info.class_names, ('0', '1', '2'))
      np.testing.assert_array_equal(
        loaded.x_train[..., 0], _arrays()['x_train']
      )
      self.assertEqual(loaded.y_train.tolist(), [0, 1, 2, 1])
      self.assertEqual(loaded.y_train.dtype, np.int32)
      self.assertEqual(loaded.y_test.tolist(), [2, 0])

  def test_floats_colour_names_and_column_labels(self):
    path = self._save(
      x_train=np.full((4, 2, 3, 3), 0.5),
      x_test=np.ones((2, 2, 3, 3), np.float32),
      y_train=np.array([[0], [1], [2], [1]], np.uint8),
      class_names=np.array([b'a', b'b', b'c']),
    )
    loaded = data.load(path, image_size=4)
    self.assertEqual(loaded.info.image_shape, (4, 4, 3))
    self.assertEqual(loaded.info.class_names, ('a', 'b', 'c'))
    self.assertTrue((loaded.x_train == 128).all())
    self.assertTrue((loaded.x_test == 255).all())

  @parameterized.named_parameters(
    ('key', {'y_test': None}, 'without y_test'),
    (
      'shape',
      {'x_train': np.zeros((4, 2), np.uint8)},
      r'wrong shape.*x_train.shape=\(4, 2\)',
    ),
    ('empty', {'x_test': np.zeros((0, 2, 3), np.uint8)}, 'wrong shape'),
    (
      'type',
      {'x_train': np.zeros((4, 2, 3), np.int64)},
      r'expected uint8, or floats in \[0, 1\].*int64',
    ),
    (
      'range',
      {'x_test': np.full((2, 2, 3), 1.5)},
      r'expected values in \[0, 1\].*x_test in \[1.5, 1.5\]',
    ),
    ('nan', {'x_test': np.full((2, 2, 3), np.nan)}, r'in \[nan, nan\]'),
    (
      'differ',
      {'x_test': np.zeros((2, 3, 3), np.uint8)},
      'images differ in shape',
    ),
    (
      'length',
      {'y_train': np.array([0, 1, 2])},
      r'shape \(4,\). Received: y_train.shape=\(3,\)',
    ),
    (
      'float_labels',
      {'y_test': np.array([0.0, 1.0])},
      'not integers.*y_test.dtype=float64',
    ),
    (
      'negative',
      {'y_train': np.array([0, 1, 2, -1])},
      'out of range; expected 0 to 2. Received: y_train from -1 to 2',
    ),
    ('beyond', {'y_test': np.array([0, 3])}, 'y_test from 0 to 3'),
    ('gap', {'y_train': np.array([1, 2, 3, 3])}, r'no label \[0\]'),
    ('few_names', {'class_names': np.array(['a', 'b'])}, 'expected 0 to 1'),
    (
      'names',
      {'class_names': np.array([1, 2, 3])},
      'expected a vector of strings',
    ),
    (
      'pickle',
      {'class_names': np.array(['a', None, 2], object)},
      'without pickled objects',
    ),
    (
      'one_class',
      {'y_train': np.zeros(4, int), 'y_test': np.zeros(2, int)},
      'fewer than two classes',
    ),
  )
  def test_errors(self, changes, message):
    with self.assertRaisesRegex(InputError, message) as caught:
      data.load(self._save(**changes))
    self.assertNotIn('\n', str(caught.exception))

  def test_missing_file(self):
    with self.assertRaisesRegex(InputError, 'does not exist.*nowhere.npz'):
      data.load('nowhere.npz')

  def test_not_an_npz_file(self):
    np.save(os.path.join(self.folder, 'array.npy'), np.zeros(3))
    for name, content in (
      ('text.npz', 'text'),
      ('zip.npz', 'PK\3\4 cut'),
      ('empty.npz', ''),
      ('array.npy', None),
    ):
      path = os.path.join(self.folder, name)
      if content is not None:
        with open(path, 'w') as file:
          file.write(content)
      with self.assertRaisesRegex(InputError, 'cannot be read'):
        data.load(f'npz:{path}')


if __name__ == '__main__':
  absltest.main()
