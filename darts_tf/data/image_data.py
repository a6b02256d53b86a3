"""Images and labels in memory, and a description of their data set."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from darts_tf.config.errors import InputError


@dataclasses.dataclass(frozen=True)
class DatasetInfo:
  """The name, the shapes, the classes and the statistics of a data set.

  Args:
    name: the name it was loaded by.
    image_shape: (height, width, channels).
    class_names: one name a class, in the order of the labels.
    mean: mean of pixels / 255 over the training images, per channel.
    std: standard deviation of the same; 1 for a constant channel, so that
      it can always be a divisor.
    num_train: number of training images.
    num_test: number of test images.
  """

  name: str
  image_shape: tuple[int, int, int]
  class_names: tuple[str, ...]
  mean: tuple[float, ...]
  std: tuple[float, ...]
  num_train: int
  num_test: int

  @property
  def num_classes(self) -> int:
    """Number of classes."""
    return len(self.class_names)


@dataclasses.dataclass(frozen=True, eq=False)
class ImageData:
  """Images and labels in memory.

  Args:
    x_train: uint8 images (num_train, height, width, channels).
    y_train: int32 labels (num_train,).
    x_test: uint8 images (num_test, height, width, channels).
    y_test: int32 labels (num_test,).
    info: name, shapes, classes and statistics.
  """

  x_train: np.ndarray
  y_train: np.ndarray
  x_test: np.ndarray
  y_test: np.ndarray
  info: DatasetInfo


def make_image_data(
  name: str,
  x_train: np.ndarray,
  y_train: np.ndarray,
  x_test: np.ndarray,
  y_test: np.ndarray,
  class_names: Sequence[str],
) -> ImageData:
  """Bundles arrays with the statistics of the training images.

  Args:
    name: the name the data set was loaded by.
    x_train: uint8 images (num_train, height, width, channels).
    y_train: integer labels (num_train,), in 0..K-1.
    x_test: uint8 images (num_test, height, width, channels).
    y_test: integer labels (num_test,), in 0..K-1.
    class_names: K names.

  Returns:
    The `ImageData`.

  Raises:
    InputError: if there are fewer than two classes or a part is empty.
  """
  if len(class_names) < 2:
    raise InputError(
      'A data set has fewer than two classes; expected 2 or more.'
      f' Received: dataset={name!r}, class_names={list(class_names)}'
    )
  if not len(x_train) or not len(x_test):
    raise InputError(
      'A data set has no training or no test images; expected both.'
      f' Received: dataset={name!r}, num_train={len(x_train)},'
      f' num_test={len(x_test)}'
    )
  mean, std = channel_statistics(x_train)
  info = DatasetInfo(
    name=name,
    image_shape=tuple(int(side) for side in x_train.shape[1:]),
    class_names=tuple(str(label) for label in class_names),
    mean=mean,
    std=std,
    num_train=len(x_train),
    num_test=len(x_test),
  )
  return ImageData(
    x_train,
    np.asarray(y_train, np.int32),
    x_test,
    np.asarray(y_test, np.int32),
    info,
  )


def channel_statistics(
  images: np.ndarray,
) -> tuple[tuple[float, ...], tuple[float, ...]]:
  """Computes mean and standard deviation of pixels / 255, per channel.

  They are computed from the histogram of the 256 values, so they are exact
  and need no copy of the images in floating point.

  Args:
    images: uint8 images (n, height, width, channels).

  Returns:
    Means and standard deviations; a deviation of 0 is returned as 1.
  """
  values = np.arange(256, dtype=np.float64) / 255
  mean, std = [], []
  for channel in range(images.shape[-1]):
    histogram = np.zeros(256, np.float64)
    # In pieces: bincount widens its input to 8 bytes a pixel.
    for start in range(0, len(images), 4096):
      pixels = images[start : start + 4096, ..., channel].ravel()
      histogram += np.bincount(pixels, minlength=256)
    share = histogram / histogram.sum()
    mean.append(float(share @ values))
    deviation = float(np.sqrt(share @ (values - mean[-1]) ** 2))
    std.append(deviation or 1.0)
  return tuple(mean), tuple(std)
