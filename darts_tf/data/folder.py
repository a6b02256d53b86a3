"""A folder of images, one subfolder a class."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import tensorflow as tf

from darts_tf.config.errors import InputError
from darts_tf.data.image_data import ImageData, make_image_data
from darts_tf.data.memory import check_memory
from darts_tf.data.resize import resize_image
from darts_tf.data.split import stratified_split

EXTENSIONS = ('.bmp', '.gif', '.jpeg', '.jpg', '.png')
_TEST_NAMES = ('test', 'val', 'validation')


def load_folder(
  path: str, size: tuple[int, int] | None, test_fraction: float, seed: int
) -> ImageData:
  """Loads images whose class is the name of their folder.

  The folder holds a subfolder a class, or `train/` and `test/` (else `val/`
  or `validation/`) that do. Without the latter, a stratified share of the
  images is for testing. Files are taken in the order of their names, also
  from folders inside a class; names that begin with a dot and files of other
  types are passed over. Of an animation the first frame is taken; an alpha
  channel is dropped; if all images are grey they keep one channel.

  Args:
    path: the folder.
    size: (height, width) to resize to; needed if images vary in size.
    test_fraction: share of the test images if there is no split on disk.
    seed: seed of that choice.

  Returns:
    The images and labels; classes in the order of their sorted names.

  Raises:
    InputError: if the folder or a class is missing or empty, an image cannot
      be read, or images vary in size and `size` is None.
  """
  root = Path(path).expanduser()
  if not root.is_dir():
    raise InputError(
      'The folder of images does not exist; expected one subfolder a class.'
      f' Received: folder={path!r}'
    )
  train_root, test_root = _split_folders(root)
  class_names = [folder.name for folder in _subfolders(train_root)]
  if len(class_names) < 2:
    raise InputError(
      'The folder has fewer than two classes; expected one subfolder a'
      f' class. Received: folder={str(train_root)!r}, classes={class_names}'
    )
  files, labels = _list_images(train_root, class_names)
  num_train = len(files)
  if test_root is not None:
    test_files, test_labels = _list_images(test_root, class_names)
    files, labels = files + test_files, labels + test_labels
  images = _read_images(files, size, f'folder:{path}')
  labels = np.asarray(labels, np.int32)
  if test_root is not None:
    train, test = slice(0, num_train), slice(num_train, None)
  else:
    test, train = stratified_split(labels, test_fraction, seed)
  return make_image_data(
    f'folder:{path}',
    images[train],
    labels[train],
    images[test],
    labels[test],
    class_names,
  )


def _subfolders(root: Path) -> list[Path]:
  return sorted(
    entry
    for entry in root.iterdir()
    if entry.is_dir() and not entry.name.startswith('.')
  )


def _split_folders(root: Path) -> tuple[Path, Path | None]:
  """Folders of the training and of the test classes."""
  folders = {folder.name: folder for folder in _subfolders(root)}
  # A class may be called `train`: a split holds folders, a class images.
  if 'train' not in folders or not _subfolders(folders['train']):
    return root, None
  for name in _TEST_NAMES:
    if name in folders:
      return folders['train'], folders[name]
  if len(folders) > 1:
    return root, None
  return folders['train'], None


def _list_images(
  root: Path, class_names: Sequence[str]
) -> tuple[list[Path], list[int]]:
  """Files and labels of the classes in a folder."""
  extra = {folder.name for folder in _subfolders(root)} - set(class_names)
  if extra:
    raise InputError(
      'The test images have classes that the training images have not;'
      f' expected only {list(class_names)}.'
      f' Received: folder={str(root)!r}, classes={sorted(extra)}'
    )
  files, labels = [], []
  for label, name in enumerate(class_names):
    found = sorted(
      file
      for file in (root / name).rglob('*')
      if file.suffix.lower() in EXTENSIONS
      and not file.name.startswith('.')
      and file.is_file()
    )
    if not found:
      raise InputError(
        'A class has no images; expected files of type'
        f' {", ".join(EXTENSIONS)}. Received: folder={str(root / name)!r}'
      )
    files += found
    labels += [label] * len(found)
  return files, labels


def _read_images(
  files: Sequence[Path], size: tuple[int, int] | None, name: str
) -> np.ndarray:
  """Reads all images into one array (n, height, width, channels)."""
  images = None
  with tf.device('CPU:0'):
    for index, file in enumerate(files):
      image = _read_image(file)
      if size is not None:
        image = resize_image(image, size)
      image = image.numpy()
      if images is None:
        check_memory(name, len(files), image.shape)
        images = np.empty((len(files), *image.shape), np.uint8)
      if image.shape[:2] != images.shape[1:3]:
        raise InputError(
          'Images have different sizes; expected one size, or --image_size'
          ' to resize them to.'
          f' Received: {_describe(files[0], images.shape[1:])},'
          f' {_describe(file, image.shape)}'
        )
      if image.shape[-1] > images.shape[-1]:
        # The first colour image after grey ones.
        check_memory(name, len(files), image.shape)
        images = np.repeat(images, image.shape[-1], axis=-1)
      # A grey image broadcasts to the channels of colour.
      images[index] = image
  return images


def _read_image(file: Path) -> tf.Tensor:
  """Reads an image with one channel (grey) or three (colour)."""
  try:
    image = tf.io.decode_image(
      tf.io.read_file(str(file)), expand_animations=False
    )
  except tf.errors.OpError as error:
    raise InputError(
      'An image cannot be read; expected a JPEG, PNG, GIF or BMP file.'
      f' Received: file={str(file)!r}'
    ) from error
  # Two channels are grey and alpha, four are colour and alpha.
  return image[..., : 1 if image.shape[-1] <= 2 else 3]


def _describe(file: Path, shape: Sequence[int]) -> str:
  return f'{str(file)!r} ({shape[0]}x{shape[1]})'
