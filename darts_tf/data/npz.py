"""Arrays of images in a NumPy file."""

import zipfile
from pathlib import Path

import numpy as np

from darts_tf.config.errors import InputError
from darts_tf.data.image_data import ImageData, make_image_data
from darts_tf.data.resize import resize_images

_KEYS = ('x_train', 'y_train', 'x_test', 'y_test')


def load_npz(path: str, size: tuple[int, int] | None = None) -> ImageData:
  """Loads `x_train, y_train, x_test, y_test` from an .npz file.

  Images have shape (n, height, width) or (n, height, width, channels), in
  uint8, or floating point in [0, 1], which is scaled to 0..255. Labels are
  integers 0..K-1 of shape (n,) or (n, 1), and each has a training image. An
  optional array `class_names` has K strings. Pickled objects are refused.

  Args:
    path: the file.
    size: (height, width) to resize to; None leaves the images as they are.

  Returns:
    The images and labels.

  Raises:
    InputError: if the file cannot be read or is not as described.
  """
  arrays = _read_arrays(path)
  x_train = _images('x_train', arrays['x_train'], path)
  x_test = _images('x_test', arrays['x_test'], path)
  if x_train.shape[1:] != x_test.shape[1:]:
    raise InputError(
      'Training and test images differ in shape; expected the same.'
      f' Received: x_train.shape={x_train.shape},'
      f' x_test.shape={x_test.shape}'
    )
  y_train = _labels('y_train', arrays['y_train'], len(x_train))
  y_test = _labels('y_test', arrays['y_test'], len(x_test))
  class_names = _class_names(arrays.get('class_names'), y_train)
  _check_range('y_train', y_train, len(class_names))
  _check_range('y_test', y_test, len(class_names))
  missing = np.setdiff1d(np.arange(len(class_names)), y_train)
  if missing.size:
    raise InputError(
      'Classes have no training image; expected labels 0 to'
      f' {len(class_names) - 1} without gaps in y_train.'
      f' Received: no label {missing[:5].tolist()}'
    )
  return make_image_data(
    f'npz:{path}',
    resize_images(x_train, size, f'npz:{path}'),
    y_train,
    resize_images(x_test, size, f'npz:{path}'),
    y_test,
    class_names,
  )


def _read_arrays(path: str) -> dict[str, np.ndarray]:
  file = Path(path).expanduser()
  if not file.is_file():
    raise InputError(
      'The file of images does not exist; expected an .npz file.'
      f' Received: file={path!r}'
    )
  try:
    archive = np.load(file, allow_pickle=False)
    if not isinstance(archive, np.lib.npyio.NpzFile):
      raise ValueError('it holds a single array')
    with archive:
      missing = [key for key in _KEYS if key not in archive]
      if missing:
        raise InputError(
          f'The file lacks arrays; expected {", ".join(_KEYS)}.'
          f' Received: file={path!r} without {", ".join(missing)}'
        )
      wanted = [*_KEYS, *({'class_names'} & set(archive.files))]
      return {key: archive[key] for key in wanted}
  except InputError:
    raise
  except (OSError, EOFError, ValueError, zipfile.BadZipFile) as error:
    raise InputError(
      'The file of images cannot be read; expected an .npz file without'
      f' pickled objects. Received: file={path!r}'
    ) from error


def _images(key: str, images: np.ndarray, path: str) -> np.ndarray:
  if images.ndim == 3:
    images = images[..., None]
  if images.ndim != 4 or 0 in images.shape:
    raise InputError(
      'Images have a wrong shape; expected (n, height, width) or'
      ' (n, height, width, channels), all positive.'
      f' Received: {key}.shape={images.shape}'
    )
  if images.dtype == np.uint8:
    return images
  if not np.issubdtype(images.dtype, np.floating):
    raise InputError(
      'Images have a wrong type; expected uint8, or floats in [0, 1].'
      f' Received: {key}.dtype={images.dtype}'
    )
  low, high = images.min(), images.max()
  # Written so that NaN is refused too.
  if not (low >= 0 and high <= 1):
    raise InputError(
      'Images in floating point are out of range; expected values in'
      f' [0, 1]. Received: {key} in [{low}, {high}]'
    )
  scaled = np.empty(images.shape, np.uint8)
  for start in range(0, len(images), 1024):
    piece = slice(start, start + 1024)
    scaled[piece] = np.round(images[piece].astype(np.float32) * 255)
  return scaled


def _labels(key: str, labels: np.ndarray, count: int) -> np.ndarray:
  if labels.ndim == 2 and labels.shape[1] == 1:
    labels = labels[:, 0]
  if labels.ndim != 1 or len(labels) != count:
    raise InputError(
      'Labels do not match the images; expected one a image, shape'
      f' ({count},). Received: {key}.shape={labels.shape}'
    )
  if not np.issubdtype(labels.dtype, np.integer):
    raise InputError(
      'Labels are not integers; expected 0 to K-1.'
      f' Received: {key}.dtype={labels.dtype}'
    )
  return labels


def _class_names(names: np.ndarray | None, y_train: np.ndarray) -> list[str]:
  if names is None:
    return [str(label) for label in range(int(y_train.max()) + 1)]
  if names.ndim != 1 or names.dtype.kind not in 'US':
    raise InputError(
      'Class names have a wrong form; expected a vector of strings.'
      f' Received: class_names.shape={names.shape},'
      f' class_names.dtype={names.dtype}'
    )
  if names.dtype.kind == 'S':
    names = np.char.decode(names, 'utf-8')
  return names.tolist()


def _check_range(key: str, labels: np.ndarray, num_classes: int) -> None:
  low, high = int(labels.min()), int(labels.max())
  if low < 0 or high >= num_classes:
    raise InputError(
      f'Labels are out of range; expected 0 to {num_classes - 1}.'
      f' Received: {key} from {low} to {high}'
    )
