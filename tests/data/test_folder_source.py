import os
import tempfile

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from darts_tf import data
from darts_tf.config.errors import InputError


class FolderTest(parameterized.TestCase):
  def setUp(self):
    super().setUp()
    self.root = self.enter_context(tempfile.TemporaryDirectory())

  def _write(self, name, value, shape=(4, 5, 3)):
    path = os.path.join(self.root, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    image = tf.fill(shape, tf.constant(value, tf.uint8))
    jpeg = name.lower().endswith('.jpg')
    encode = tf.io.encode_jpeg if jpeg else tf.io.encode_png
    tf.io.write_file(path, encode(image))

  def _write_classes(self, top='', count=5, **arguments):
    for label, name in enumerate(('cat', 'dog')):
      for index in range(count):
        self._write(
          f'{top}{name}/{index}.png', 100 * label + index, **arguments
        )

  def test_split_by_fraction(self):
    self._write_classes()
    self._write('dog/deep/x.JPG', 250)
    self._write('.cache/x.png', 1)
    with open(os.path.join(self.root, 'dog', 'notes.txt'), 'w') as file:
      file.write('no image')
    loaded = data.load(f'folder:{self.root}', test_fraction=0.4)
    self.assertEqual(loaded.info.class_names, ('cat', 'dog'))
    self.assertEqual(loaded.info.image_shape, (4, 5, 3))
    self.assertEqual((loaded.info.num_train, loaded.info.num_test), (7, 4))
    self.assertEqual(np.bincount(loaded.y_test).tolist(), [2, 2])
    values = np.concatenate([loaded.x_train, loaded.x_test])[:, 0, 0, 0]
    labels = np.concatenate([loaded.y_train, loaded.y_test])
    np.testing.assert_array_equal(labels, values >= 100)
    other = data.load(f'folder:{self.root}', test_fraction=0.4, seed=3)
    self.assertFalse(np.array_equal(loaded.x_test, other.x_test))

  @parameterized.parameters('test', 'val', 'validation')
  def test_split_on_disk(self, test):
    self._write_classes('train/', count=3)
    self._write_classes(f'{test}/', count=1)
    loaded = data.load(f'folder:{self.root}')
    self.assertEqual(
      loaded.x_train[:, 0, 0, 0].tolist(), [0, 1, 2, 100, 101, 102]
    )
    self.assertEqual(loaded.x_test[:, 0, 0, 0].tolist(), [0, 100])
    self.assertEqual(loaded.y_test.tolist(), [0, 1])

  def test_train_folder_only(self):
    self._write_classes('train/')
    loaded = data.load(f'folder:{self.root}')
    self.assertEqual(loaded.info.class_names, ('cat', 'dog'))
    self.assertEqual((loaded.info.num_train, loaded.info.num_test), (8, 2))

  def test_a_class_called_train(self):
    for name in ('bus', 'test', 'train'):
      for index in range(2):
        self._write(f'{name}/{index}.png', index)
    loaded = data.load(f'folder:{self.root}', test_fraction=0.5)
    self.assertEqual(loaded.info.class_names, ('bus', 'test', 'train'))

  def test_grey_stays_grey_and_alpha_goes(self):
    self._write_classes(shape=(4, 5, 1))
    self._write('cat/alpha.png', 3, shape=(4, 5, 2))
    loaded = data.load(f'folder:{self.root}')
    self.assertEqual(loaded.info.image_shape, (4, 5, 1))

  def test_mixture_becomes_colour(self):
    self._write_classes(shape=(4, 5, 1))
    self._write('cat/alpha.png', 77, shape=(4, 5, 4))
    self._write('dog/z.png', 78, shape=(4, 5, 1))
    loaded = data.load(f'folder:{self.root}')
    self.assertEqual(loaded.info.image_shape, (4, 5, 3))
    images = np.concatenate([loaded.x_train, loaded.x_test])
    self.assertTrue((images == images[:, :1, :1, :1]).all())
    self.assertEqual(
      sorted(images[:, 0, 0, 0].tolist()),
      [0, 1, 2, 3, 4, 77, 78, 100, 101, 102, 103, 104],
    )

  def test_first_frame_of_an_animation_and_bitmaps(self):
    self._write_classes(shape=(1, 1, 3))
    # Two frames of one pixel: white, then black.
    frame = b'\x2c' + bytes(4) + b'\1\0\1\0\0\2\2%s\1\0'
    gif = (
      b'GIF89a\1\0\1\0\x80\0\0\xff\xff\xff\0\0\0'
      + frame % b'\x44'
      + frame % b'\x4c'
      + b'\x3b'
    )
    with open(os.path.join(self.root, 'cat', 'a.gif'), 'wb') as file:
      file.write(gif)
    bitmap = (
      b'BM'
      + (58).to_bytes(4, 'little')
      + bytes(4)
      + b'\x36\0\0\0'
      + b'\x28\0\0\0'
      + b'\1\0\0\0'
      + b'\1\0\0\0'
      + b'\1\0\x18\0'
      + bytes(24)
      + b'\x0a\x0a\x0a\0'
    )
    with open(os.path.join(self.root, 'dog', 'a.bmp'), 'wb') as file:
      file.write(bitmap)
    loaded = data.load(f'folder:{self.root}')
    images = np.concatenate([loaded.x_train, loaded.x_test])
    self.assertEqual(
      sorted(images[..., 1].ravel().tolist()),
      [0, 1, 2, 3, 4, 10, 100, 101, 102, 103, 104, 255],
    )

  def test_image_size(self):
    self._write_classes()
    self._write('cat/z.png', 50, shape=(9, 7, 3))
    loaded = data.load(f'folder:{self.root}', image_size=6)
    self.assertEqual(loaded.info.image_shape, (6, 6, 3))
    self.assertEqual(loaded.info.num_train + loaded.info.num_test, 11)

  def test_sizes_differ(self):
    self._write_classes()
    self._write('dog/z.png', 50, shape=(9, 7, 3))
    with self.assertRaisesRegex(
      InputError, r"--image_size.*cat/0.png' \(4x5\), .*dog/z.png' \(9x7\)"
    ):
      data.load(f'folder:{self.root}')

  def test_unreadable_image(self):
    self._write_classes()
    with open(os.path.join(self.root, 'cat', 'bad.jpg'), 'w') as file:
      file.write('no image')
    with self.assertRaisesRegex(
      InputError, "cannot be read.*file='.*cat/bad.jpg'$"
    ):
      data.load(f'folder:{self.root}')

  def test_missing_folder(self):
    with self.assertRaisesRegex(InputError, 'does not exist.*/nowhere'):
      data.load(f'folder:{self.root}/nowhere')

  def test_one_class(self):
    self._write('cat/0.png', 1)
    with self.assertRaisesRegex(InputError, r"two classes.*\['cat'\]"):
      data.load(f'folder:{self.root}')

  def test_empty_class(self):
    self._write_classes()
    os.makedirs(os.path.join(self.root, 'emu'))
    with self.assertRaisesRegex(InputError, "no images.*emu'"):
      data.load(f'folder:{self.root}')

  def test_class_only_in_test(self):
    self._write_classes('train/')
    self._write_classes('test/')
    self._write('test/emu/0.png', 1)
    with self.assertRaisesRegex(InputError, r"have not.*\['emu'\]"):
      data.load(f'folder:{self.root}')


if __name__ == '__main__':
  tf.test.main()
