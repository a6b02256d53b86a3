"""Crops of random size and shape, resized to the size of the image."""

import math
from collections.abc import Callable

import tensorflow as tf

# Share of the image's area, and width over height, of a crop.
_AREA = (0.08, 1.0)
_RATIO = (3 / 4, 4 / 3)
_ATTEMPTS = 10


def random_resized_crop(
  images: tf.Tensor, seed: tf.Tensor, draw: Callable[..., tf.Tensor]
) -> tf.Tensor:
  """Crops each image at random and resizes it back, bilinearly.

  As `RandomResizedCrop` of torchvision: the area is uniform between 8 % and
  all of the image, the logarithm of width over height uniform between those
  of 3/4 and 4/3, and the place uniform. Of ten draws the first that fits
  counts; if none does, the crop is the largest in the middle whose ratio is
  within the bounds. Sizes are not rounded to whole pixels.

  Args:
    images: float32 (batch, height, width, channels).
    seed: int32 or int64 seed of shape (2,).
    draw: `draw(shape, seed, **options)`, like
      `tf.random.stateless_uniform`, whose first axis is the batch.

  Returns:
    A tensor of the shape of `images`.
  """
  static_shape = images.shape
  shape = tf.shape(images)
  batch, height, width = tf.unstack(shape[:3], num=3)
  size = tf.cast(tf.stack([height, width]), tf.float32)
  crop_seed, place_seed = tf.unstack(tf.random.split(seed, num=2), num=2)
  draws = draw([batch, _ATTEMPTS, 2], crop_seed)
  area = (_AREA[0] + (_AREA[1] - _AREA[0]) * draws[..., 0]) * (
    size[0] * size[1]
  )
  low, high = map(math.log, _RATIO)
  ratio = tf.exp(low + (high - low) * draws[..., 1])
  sizes = tf.stack([tf.sqrt(area / ratio), tf.sqrt(area * ratio)], -1)
  # The last one always fits.
  sizes = tf.concat([sizes, tf.broadcast_to(_largest(size), [batch, 1, 2])], 1)
  fits = tf.reduce_all(sizes <= size, -1)
  first = tf.argmax(fits, axis=1)
  sizes = tf.gather(sizes, first, axis=1, batch_dims=1)
  places = draw([batch, 2], place_seed)
  places = tf.where((first == _ATTEMPTS)[:, None], 0.5, places) * (size - sizes)
  # Pixels are squares with their values in the middle; one pixel is repeated
  # around the image for samples that lie before the first middle.
  images = tf.pad(images, [[0, 0], [1, 1], [1, 1], [0, 0]], 'SYMMETRIC')
  begin = places + 0.5 * sizes / size + 0.5
  end = places + sizes - 0.5 * sizes / size + 0.5
  boxes = tf.concat([begin, end], -1) / tf.tile(size + 1, [2])
  result = tf.image.crop_and_resize(
    images, boxes, tf.range(batch), tf.stack([height, width])
  )
  return tf.ensure_shape(result, static_shape)


def _largest(size: tf.Tensor) -> tf.Tensor:
  """Height and width of the largest crop whose ratio is within the bounds."""
  height, width = size[0], size[1]
  return tf.stack(
    [
      tf.minimum(height, width / _RATIO[0]),
      tf.minimum(width, height * _RATIO[1]),
    ]
  )
