"""The 8x8 handwritten digits that come with the package."""

import importlib.resources
import io

import numpy as np

from darts_tf.data.image_data import ImageData, make_image_data
from darts_tf.data.resize import resize_images

# Brightness in the file is a count of dark pixels in a 4x4 block.
_MAX_COUNT = 16


def load_digits(size: tuple[int, int] | None = None) -> ImageData:
  """Loads 1,437 training and 360 test images of digits, without a network.

  Optical Recognition of Handwritten Digits, E. Alpaydin and C. Kaynak, UCI
  Machine Learning Repository, doi 10.24432/C50P49, CC BY 4.0 (see
  `DIGITS_LICENSE.md` next to this file). The test images are a fixed,
  stratified choice.

  Args:
    size: (height, width) to resize to; 8x8 by default.

  Returns:
    Grey images, 0..255, and the labels 0..9.
  """
  file = importlib.resources.files('darts_tf.data') / 'digits.npz'
  with np.load(io.BytesIO(file.read_bytes()), allow_pickle=False) as arrays:
    counts, labels, test = (arrays[key] for key in ('images', 'labels', 'test'))
  images = np.round(counts * (255 / _MAX_COUNT)).astype(np.uint8)[..., None]
  images = resize_images(images, size, 'digits')
  return make_image_data(
    'digits',
    images[~test],
    labels[~test],
    images[test],
    labels[test],
    [str(digit) for digit in range(10)],
  )
