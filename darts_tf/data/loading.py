"""Data sets by name."""

import difflib
import numbers
import os
from collections.abc import Sequence

from darts_tf.config.errors import InputError
from darts_tf.data.digits import load_digits
from darts_tf.data.folder import load_folder
from darts_tf.data.image_data import ImageData
from darts_tf.data.npz import load_npz
from darts_tf.data.tfds_source import (
  UnknownDatasetError,
  import_tfds,
  load_tfds,
)


def load(
  name: str,
  data_dir: str | None = None,
  download: bool = True,
  image_size: int | Sequence[int] | None = None,
  test_fraction: float = 0.2,
  seed: int = 0,
) -> ImageData:
  """Loads a data set of images into memory.

  Args:
    name: `digits` (1,797 8x8 images that come with the package);
      `folder:PATH` (a subfolder a class); `npz:PATH` or a path that ends in
      `.npz` (arrays `x_train, y_train, x_test, y_test`); or the name of any
      image classification data set of tensorflow_datasets, such as
      `cifar10`.
    data_dir: where tensorflow_datasets keeps its data; None is its default,
      `~/tensorflow_datasets`. Other sources do not need it.
    download: whether tensorflow_datasets may download what is not there.
    image_size: side, or (height, width), in pixels to resize all images to;
      None leaves them as they are.
    test_fraction: share of the images that are for testing, in (0, 1), where
      the source has only training images.
    seed: seed of that choice.

  Returns:
    Training and test images in uint8, int32 labels, and a `DatasetInfo`.

  Raises:
    InputError: if the name is unknown or the data cannot be used.
  """
  size = _image_size(image_size)
  if not 0 < test_fraction < 1:
    raise InputError(
      'The share of test images is out of range; expected'
      f' 0 < test_fraction < 1. Received: test_fraction={test_fraction}'
    )
  if name == 'digits':
    return load_digits(size)
  if name.startswith('folder:'):
    return load_folder(name.removeprefix('folder:'), size, test_fraction, seed)
  if name.startswith('npz:') or name.endswith('.npz'):
    return load_npz(name.removeprefix('npz:'), size)
  if data_dir is not None:
    data_dir = os.path.expanduser(data_dir)
  try:
    return load_tfds(name, data_dir, download, size, test_fraction, seed)
  except UnknownDatasetError:
    raise _unknown_dataset(name) from None


def _image_size(
  image_size: int | Sequence[int] | None,
) -> tuple[int, int] | None:
  if image_size is None:
    return None
  if isinstance(image_size, numbers.Integral):
    sides = (image_size, image_size)
  else:
    sides = tuple(image_size)
  if len(sides) != 2 or not all(
    isinstance(side, numbers.Integral) and side > 0 for side in sides
  ):
    raise InputError(
      'The image size is not valid; expected a positive integer or'
      f' (height, width). Received: image_size={image_size!r}'
    )
  return int(sides[0]), int(sides[1])


def _unknown_dataset(name: str) -> InputError:
  """The error for a name that no source knows, with the nearest."""
  if os.path.isdir(os.path.expanduser(name)):
    hint = f' Did you mean {"folder:" + name!r}?'
  else:
    known = ['digits', *import_tfds().list_builders()]
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    hint = f' Did you mean {near[0]!r}?' if near else ''
  return InputError(
    "Unknown dataset: expected 'digits', 'folder:PATH', 'FILE.npz' or the"
    f' name of a tensorflow_datasets data set.{hint}'
    f' Received: dataset={name!r}'
  )
