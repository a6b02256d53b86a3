"""Image classification data sets of tensorflow_datasets, by name."""

import importlib
from types import ModuleType
from typing import Any

import numpy as np
import tensorflow as tf

from darts_tf.config.errors import InputError, ResourceError
from darts_tf.data.autotuning import without_autotuning
from darts_tf.data.image_data import ImageData, make_image_data
from darts_tf.data.memory import check_memory
from darts_tf.data.resize import resize_image
from darts_tf.data.split import stratified_split


def load_tfds(
  name: str,
  data_dir: str | None,
  download: bool,
  size: tuple[int, int] | None,
  test_fraction: float,
  seed: int,
) -> ImageData:
  """Loads a data set of tensorflow_datasets into memory.

  Training images are those of the split `train`; test images those of
  `test`, else of `validation`, else a stratified share of `train`.

  Args:
    name: as `tfds.builder` takes it, `name[/config][:version]`.
    data_dir: where data sets are stored; None is the library's default.
    download: whether to download and prepare what is not there yet.
    size: (height, width) to resize to; needed if images vary in size.
    test_fraction: share of the test images if there is only `train`.
    seed: seed of that choice.

  Returns:
    The images and labels.

  Raises:
    InputError: if there is no such data set, or it is not there, or not one
      of images with one label each.
    ResourceError: if it cannot be downloaded.
    darts_tf.data.tfds_source.UnknownDatasetError: if the name is unknown.
  """
  tfds = import_tfds()
  builder = _make_builder(tfds, name, data_dir)
  image_key, label_key = _supervised_keys(tfds, builder)
  channels = _check_shape(builder.info.features[image_key], name, size)
  _prepare(tfds, builder, name, data_dir, download)
  splits = builder.info.splits
  if 'train' not in splits:
    raise InputError(
      "The data set has no training images; expected a split 'train'."
      f' Received: dataset={name!r}, splits={sorted(splits)}'
    )
  shape = (*(size or builder.info.features[image_key].shape[:2]), channels)

  test_split = next((s for s in ('test', 'validation') if s in splits), None)
  used = ['train'] + [test_split] * (test_split is not None)
  check_memory(name, sum(splits[s].num_examples for s in used), shape)
  x_train, y_train = _read(builder, 'train', shape, size)
  if test_split is not None:
    x_test, y_test = _read(builder, test_split, shape, size)
  else:
    test, train = stratified_split(y_train, test_fraction, seed)
    x_test, y_test = x_train[test], y_train[test]
    x_train, y_train = x_train[train], y_train[train]
  for split, labels in (('train', y_train), (test_split, y_test)):
    if len(labels) and labels.min() < 0:
      raise InputError(
        'A split has images without labels; expected a label of each.'
        f' Received: dataset={name!r}, split={split!r}'
      )
  return make_image_data(
    '/'.join(
      filter(
        None,
        (builder.name, builder.builder_config and builder.builder_config.name),
      )
    ),
    x_train,
    y_train,
    x_test,
    y_test,
    builder.info.features[label_key].names,
  )


class UnknownDatasetError(InputError):
  """tensorflow_datasets has no data set of this name."""


def import_tfds() -> ModuleType:
  """Imports tensorflow_datasets when it is first needed.

  Returns:
    The module.

  Raises:
    InputError: if it is not installed.
  """
  try:
    return importlib.import_module('tensorflow_datasets')
  except ImportError as error:
    raise InputError(
      'A data set by name needs tensorflow_datasets, which cannot be'
      ' imported; expected `pip install tensorflow-datasets`.'
      f' Received: {_first_line(error)}'
    ) from error


def _first_line(error: Exception) -> str:
  lines = str(error).strip().splitlines()
  return f'{type(error).__name__}: {lines[0] if lines else ""}'.strip()


def _make_builder(tfds: ModuleType, name: str, data_dir: str | None) -> Any:
  try:
    return tfds.builder(name, data_dir=data_dir)
  except tfds.core.DatasetNotFoundError as error:
    raise UnknownDatasetError(name) from error
  except (ValueError, AssertionError, ImportError) as error:
    message = _first_line(error)
    if message.startswith('ValueError: Parsing builder name'):
      raise UnknownDatasetError(name) from error
    raise InputError(
      'tensorflow_datasets cannot build the data set; expected'
      f' name[/config][:version]. Received: dataset={name!r} ({message})'
    ) from error


def _supervised_keys(tfds: ModuleType, builder: Any) -> tuple[str, str]:
  """The keys of the image and of its label."""
  keys = builder.info.supervised_keys
  if isinstance(keys, tuple) and len(keys) == 2:
    features = builder.info.features
    # Keys may be nested structures, for which there is no such feature.
    image, label = (features[k] if k in features else None for k in keys)
    if isinstance(image, tfds.features.Image) and isinstance(
      label, tfds.features.ClassLabel
    ):
      return keys
  raise InputError(
    'The data set is not one of image classification; expected an image and'
    f' one class label an example. Received: dataset={builder.name!r}'
  )


def _check_shape(image: Any, name: str, size: tuple[int, int] | None) -> int:
  """Number of channels of the images, which must be bytes."""
  height, width, channels = image.shape
  if channels is None or image.dtype not in (np.uint8, tf.uint8):
    raise InputError(
      'Images of this kind cannot be used; expected uint8 and a known'
      f' number of channels. Received: dataset={name!r},'
      f' shape={image.shape}, dtype={tf.as_dtype(image.dtype).name}'
    )
  if size is None and (height is None or width is None):
    raise InputError(
      'The images vary in size; expected an image_size to resize them to.'
      f' Received: dataset={name!r}, image_size=None'
    )
  return channels


def _prepare(
  tfds: ModuleType,
  builder: Any,
  name: str,
  data_dir: str | None,
  download: bool,
) -> None:
  """Downloads and prepares the data set unless it is there."""
  if builder.is_prepared():
    return
  if not download:
    raise InputError(
      'The data set is not in the data directory and downloading is off;'
      ' expected it there, or download=True.'
      f' Received: dataset={name!r}, data_dir={data_dir!r}, download=False'
    )
  try:
    builder.download_and_prepare()
  except (
    OSError,  # Includes a network that cannot be reached and a full disk.
    AssertionError,  # Files that must be fetched by hand.
    ImportError,  # Packages that only this data set needs.
    tfds.download.DownloadError,
  ) as error:
    raise ResourceError(
      'The data set cannot be downloaded or prepared; expected a network,'
      ' or the prepared data set in data_dir. Received:'
      f' dataset={name!r}, data_dir={data_dir!r} ({_first_line(error)})'
    ) from error


def _read(
  builder: Any,
  split: str,
  shape: tuple[int, int, int],
  size: tuple[int, int] | None,
) -> tuple[np.ndarray, np.ndarray]:
  """Reads a split in the order of its files."""
  count = builder.info.splits[split].num_examples
  images = np.empty((count, *shape), np.uint8)
  labels = np.empty(count, np.int32)
  dataset = builder.as_dataset(
    split=split, as_supervised=True, shuffle_files=False
  )
  if size is not None:
    dataset = dataset.map(
      lambda image, label: (resize_image(image, size), label),
      num_parallel_calls=tf.data.AUTOTUNE,
      deterministic=True,
    )
  dataset = without_autotuning(dataset.batch(256))
  start = 0
  for batch, batch_labels in dataset.as_numpy_iterator():
    end = start + len(batch)
    images[start:end], labels[start:end] = batch, batch_labels
    start = end
  return images, labels
