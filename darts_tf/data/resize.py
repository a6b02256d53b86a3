"""Images to one size, back in uint8."""

import numpy as np
import tensorflow as tf

from darts_tf.data.memory import check_memory


def resize_image(image: tf.Tensor, size: tuple[int, int]) -> tf.Tensor:
  """Resizes by antialiased bilinear interpolation.

  Args:
    image: uint8 image or images ([n,] height, width, channels).
    size: (height, width) of the result.

  Returns:
    uint8 image or images of the new size.
  """
  image = tf.image.resize(image, size, method='bilinear', antialias=True)
  return tf.saturate_cast(tf.round(image), tf.uint8)


def resize_images(
  images: np.ndarray, size: tuple[int, int] | None, name: str
) -> np.ndarray:
  """Resizes a whole array of images, a piece at a time.

  Args:
    images: uint8 images (n, height, width, channels).
    size: (height, width), or None to leave them as they are.
    name: the name of the data set, for messages.

  Returns:
    uint8 images (n, *size, channels).
  """
  if size is None or tuple(images.shape[1:3]) == size:
    return images
  shape = (*size, images.shape[-1])
  check_memory(name, len(images), shape)
  resized = np.empty((len(images), *shape), np.uint8)
  with tf.device('CPU:0'):
    for start in range(0, len(images), 1024):
      piece = slice(start, start + 1024)
      resized[piece] = resize_image(images[piece], size).numpy()
  return resized
