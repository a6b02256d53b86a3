"""Images for measurements."""

import numpy as np

from darts_tf.data import ImageData
from darts_tf.data.image_data import make_image_data


def random_images(
  shape: tuple[int, int, int], num_classes: int, count: int
) -> ImageData:
  """Makes training images of random pixels, the classes in turn.

  Args:
    shape: `(height, width, channels)`.
    num_classes: number of classes; there is one test image of each.
    count: number of training images.
  """
  draw = np.random.default_rng(0)
  images = draw.integers(0, 256, (count, *shape), np.uint8)
  labels = np.arange(count) % num_classes
  return make_image_data(
    'random',
    images,
    labels,
    images[:num_classes],
    labels[:num_classes],
    [str(label) for label in range(num_classes)],
  )
