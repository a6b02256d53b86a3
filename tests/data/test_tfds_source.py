import os
import sys
import tempfile
from pathlib import Path
from unittest import mock

import numpy as np
import tensorflow as tf
import tensorflow_datasets as tfds
from absl.testing import parameterized

from darts_tf import data
from darts_tf.config.errors import InputError, OutOfMemoryError, ResourceError
from darts_tf.data import memory

_DATA_DIR = os.environ.get(
  'DARTS_TF_DATA_DIR',
  str(Path(__file__).parents[3] / 'shared' / 'data' / 'tfds'),
)
_VERSION = tfds.core.Version('1.0.0')


class _Tiny(tfds.core.GeneratorBasedBuilder, skip_registration=True):
  """Images of one value, which is 20 * label + number."""

  VERSION = _VERSION
  SHAPE = (4, 4, 3)
  COUNTS = {'train': 6, 'test': 2}
  KEYS = ('image', 'label')
  VARY = False
  LABELLED = True

  def _info(self):
    return tfds.core.DatasetInfo(
      builder=self,
      features=tfds.features.FeaturesDict(
        {
          'image': tfds.features.Image(shape=self.SHAPE),
          'label': tfds.features.ClassLabel(names=['a', 'b']),
        }
      ),
      supervised_keys=self.KEYS,
    )

  def _split_generators(self, manager):
    return {name: self._generate_examples(n) for name, n in self.COUNTS.items()}

  def _generate_examples(self, count):
    for index in range(count):
      label = index % 2
      side = 4 + index if self.VARY else 4
      value = 20 * label + index
      yield (
        index,
        {
          'image': np.full((side, side, self.SHAPE[-1] or 3), value, np.uint8),
          'label': label if self.LABELLED else -1,
        },
      )


class TinyImages(_Tiny):
  VERSION = _VERSION


class TinyValidation(_Tiny):
  VERSION = _VERSION
  COUNTS = {'train': 4, 'validation': 3}


class TinyTrainOnly(_Tiny):
  VERSION = _VERSION
  COUNTS = {'train': 10}


class TinyTestOnly(_Tiny):
  VERSION = _VERSION
  COUNTS = {'test': 10}


class TinyVarying(_Tiny):
  VERSION = _VERSION
  SHAPE = (None, None, 1)
  VARY = True


class TinyUnlabelled(_Tiny):
  VERSION = _VERSION
  LABELLED = False


class TinyOtherTask(_Tiny):
  VERSION = _VERSION
  KEYS = ('image', 'image')


class TfdsTest(parameterized.TestCase):
  def setUp(self):
    super().setUp()
    self.data_dir = self.enter_context(tempfile.TemporaryDirectory())
    self.enter_context(mock.patch.dict(os.environ, {'NO_GCE_CHECK': 'true'}))
    tfds.disable_progress_bar()

  def _load(self, name, **arguments):
    return data.load(name, data_dir=self.data_dir, **arguments)

  def test_train_and_test(self):
    loaded = self._load('tiny_images')
    self.assertEqual(loaded.info.name, 'tiny_images')
    self.assertEqual(loaded.info.class_names, ('a', 'b'))
    self.assertEqual(loaded.x_train.shape, (6, 4, 4, 3))
    self.assertEqual(loaded.x_test.shape, (2, 4, 4, 3))
    values = loaded.x_train[:, 0, 0, 0]
    self.assertCountEqual(values.tolist(), [0, 21, 2, 23, 4, 25])
    np.testing.assert_array_equal(loaded.y_train, values >= 20)
    again = self._load('tiny_images', download=False, image_size=2)
    self.assertEqual(again.info.image_shape, (2, 2, 3))
    np.testing.assert_array_equal(again.x_train[:, 0, 0, 0], values)

  def test_validation_stands_for_test(self):
    loaded = self._load('tiny_validation')
    self.assertEqual((loaded.info.num_train, loaded.info.num_test), (4, 3))

  def test_only_train_is_split(self):
    loaded = self._load('tiny_train_only', test_fraction=0.4)
    self.assertEqual(np.bincount(loaded.y_test).tolist(), [2, 2])
    values = np.concatenate([loaded.x_train, loaded.x_test])[:, 0, 0, 0]
    self.assertLen(set(values.tolist()), 10)

  def test_only_test(self):
    with self.assertRaisesRegex(InputError, r"'train'.*splits=\['test'\]"):
      self._load('tiny_test_only')

  def test_sizes_vary(self):
    with self.assertRaisesRegex(InputError, 'vary in size; expected an image'):
      self._load('tiny_varying')
    loaded = self._load('tiny_varying', image_size=(5, 6))
    self.assertEqual(loaded.info.image_shape, (5, 6, 1))
    self.assertCountEqual(
      loaded.x_train[:, 2, 3, 0].tolist(), [0, 21, 2, 23, 4, 25]
    )

  def test_not_labelled(self):
    with self.assertRaisesRegex(InputError, "without labels.*split='train'"):
      self._load('tiny_unlabelled')

  def test_other_task(self):
    for name in ('tiny_other_task', 'imdb_reviews'):
      with self.assertRaisesRegex(InputError, 'image classification'):
        self._load(name, download=False)

  def test_not_downloaded(self):
    with self.assertRaisesRegex(
      InputError, "downloading is off.*dataset='cifar100', data_dir="
    ):
      self._load('cifar100', download=False)

  def test_download_fails(self):
    with mock.patch.object(
      TinyImages,
      '_generate_examples',
      side_effect=ConnectionError('no route\nto host'),
    ):
      with self.assertRaisesRegex(
        ResourceError, r'expected a network.*\(ConnectionError: no route\)'
      ):
        self._load('tiny_images')

  def test_memory(self):
    with mock.patch.object(memory, 'available_bytes', lambda: 1000):
      with self.assertRaisesRegex(OutOfMemoryError, 'num_images=8, shape='):
        self._load('tiny_images')

  @parameterized.parameters(
    ('cifr10', "Did you mean 'cifar10'"),
    ('digit', "Did you mean 'digits'"),
    ('what is this', "expected 'digits', 'folder:PATH', 'FILE.npz' or"),
    ('', "Unknown dataset.*dataset=''"),
  )
  def test_unknown_name(self, name, message):
    with self.assertRaisesRegex(InputError, message) as caught:
      self._load(name)
    self.assertNotIn('\n', str(caught.exception))

  def test_a_folder_without_its_prefix(self):
    with self.assertRaisesRegex(InputError, "Did you mean 'folder:/"):
      self._load(self.data_dir)

  def test_unknown_version(self):
    with self.assertRaisesRegex(InputError, r'\[:version\].*only: 3.0.1'):
      self._load('mnist:9.9.9')

  def test_package_is_missing(self):
    with mock.patch.dict(sys.modules, {'tensorflow_datasets': None}):
      self.assertEqual(data.load('digits').info.num_test, 360)
      with self.assertRaisesRegex(
        InputError, 'pip install tensorflow-datasets'
      ):
        self._load('cifar10')

  def test_fashion_mnist(self):
    if not os.path.isdir(os.path.join(_DATA_DIR, 'fashion_mnist')):
      self.skipTest(f'No fashion_mnist in {_DATA_DIR}')
    loaded = data.load('fashion_mnist', data_dir=_DATA_DIR, download=False)
    self.assertEqual(loaded.x_train.shape, (60000, 28, 28, 1))
    self.assertEqual(np.bincount(loaded.y_test).tolist(), [1000] * 10)
    self.assertIn('Sneaker', loaded.info.class_names)
    # The published statistics.
    self.assertAlmostEqual(loaded.info.mean[0], 0.2860, places=4)
    self.assertAlmostEqual(loaded.info.std[0], 0.3530, places=4)


if __name__ == '__main__':
  tf.test.main()
