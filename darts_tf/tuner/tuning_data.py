"""The images of a tuner run: to train on, and to compare by."""

import dataclasses
from typing import Any

import numpy as np

from darts_tf.config.errors import InputError
from darts_tf.data import ImageData, stratified_split
from darts_tf.data.image_data import make_image_data


def tuning_data(
  x: Any,
  y: Any = None,
  validation_data: tuple | None = None,
  validation_split: float = 0.2,
  seed: int = 0,
) -> ImageData:
  """Returns data by whose test images trials are compared.

  Args:
    x: uint8 images `(n, height, width, channels)`, or `ImageData`, whose
      test images are not used.
    y: their labels, `(n,)`.
    validation_data: images and labels to compare by.
    validation_split: share of the training images to compare by, where
      there are no others; each class gives its share.
    seed: of the split.

  Returns:
    The images. They are normalized by the mean of all training images.

  Raises:
    InputError: if images and labels do not fit.
  """
  if not isinstance(x, ImageData):
    if y is None:
      raise InputError(
        'Images need labels; expected search(x, y) or the name of a data'
        ' set. Received: y=None'
      )
    x = _from_arrays(np.asarray(x), np.asarray(y), validation_data)
  elif y is not None:
    raise InputError(
      'A data set has its own labels; expected no others. Received: y'
    )
  if validation_data is not None:
    images, labels = (np.asarray(part) for part in validation_data)
    return ImageData(
      x.x_train,
      x.y_train,
      images,
      labels.reshape(-1),
      dataclasses.replace(x.info, num_test=len(labels)),
    )
  if not 0 < validation_split < 1:
    raise InputError(
      'Architectures are compared by images that are held out; expected a'
      ' share between 0 and 1. Received:'
      f' validation_split={validation_split!r}'
    )
  train, held_out = stratified_split(x.y_train, 1 - validation_split, seed)
  return ImageData(
    x.x_train[train],
    x.y_train[train],
    x.x_train[held_out],
    x.y_train[held_out],
    dataclasses.replace(x.info, num_train=len(train), num_test=len(held_out)),
  )


def _from_arrays(x, y, validation_data) -> ImageData:
  # Column vectors are labels, too.
  y = y.reshape(-1)
  x_test, y_test = (
    (x[:1], y[:1])
    if validation_data is None
    else (np.asarray(validation_data[0]), np.asarray(validation_data[1]))
  )
  for images, labels in ((x, y), (x_test, y_test.reshape(-1))):
    if images.dtype != np.uint8 or images.ndim != 4:
      raise InputError(
        'Images have another form; expected uint8 of shape (n, height,'
        f' width, channels). Received: {images.dtype}{images.shape}'
      )
    if len(images) != len(labels) or labels.dtype.kind not in 'iu':
      raise InputError(
        'Labels do not fit the images; expected an integer for each of the'
        f' {len(images)}. Received: {labels.dtype}{labels.shape}'
      )
  labels = max(int(part.max(initial=0)) for part in (y, y_test)) + 1
  return make_image_data(
    'arrays',
    x,
    y,
    x_test,
    y_test.reshape(-1),
    [str(label) for label in range(labels)],
  )
