"""Random crops, flips, colours and cutout of whole batches, on the graph."""

import dataclasses
import functools
from collections.abc import Callable, Sequence

import tensorflow as tf

from darts_tf.config.errors import InputError
from darts_tf.data.color_jitter import color_jitter
from darts_tf.data.image_data import DatasetInfo
from darts_tf.data.resized_crop import random_resized_crop

# draw(shape, seed, **options of stateless_uniform)
Draw = Callable[..., tf.Tensor]


@dataclasses.dataclass(frozen=True)
class Augmentation:
  """The random changes to training images.

  Args:
    crop_padding: pixels of zeros (black) around the image, of which a crop
      of the original size is taken.
    flip: whether to mirror left and right with probability 1/2.
    cutout: side in pixels of a square that is blanked (arXiv 1708.04552);
      0 for none.
    resized_crop: whether to take crops of random size and shape, see
      `random_resized_crop`; then without `crop_padding`.
    color_jitter: strength of changes of colour, see `color_jitter`; 0 for
      none.
  """

  crop_padding: int = 0
  flip: bool = False
  cutout: int = 0
  resized_crop: bool = False
  color_jitter: float = 0.0

  def __post_init__(self):
    for name in ('crop_padding', 'cutout'):
      value = getattr(self, name)
      if not isinstance(value, int) or value < 0:
        raise InputError(
          f'An augmentation is not valid; expected {name} to be an integer'
          f' of 0 or more. Received: {name}={value!r}'
        )
    if self.resized_crop and self.crop_padding:
      raise InputError(
        'Images are cropped in one way; expected resized_crop without'
        f' crop_padding. Received: crop_padding={self.crop_padding}'
      )
    if not 0 <= self.color_jitter <= 1:
      raise InputError(
        'The strength of changes of colour lies between 0 and 1; expected,'
        f' say, 0.4. Received: color_jitter={self.color_jitter!r}'
      )


# Crop padding at the original height, and whether a mirrored image is still
# one of its class. Other data sets follow the general rule below.
_KNOWN = {
  'digits': (8, 1, False),
  'emnist': (28, 2, False),
  'fashion_mnist': (28, 2, True),
  'kmnist': (28, 2, False),
  'mnist': (28, 2, False),
  'svhn_cropped': (32, 4, False),
}


def default_augmentation(info: DatasetInfo) -> Augmentation:
  """Returns the usual augmentation of a data set.

  Digits and letters are not mirrored. Unknown data sets, CIFAR among them,
  are padded by an eighth of the height, and mirrored if in colour. There is
  no cutout.

  Args:
    info: the data set.

  Returns:
    The augmentation, scaled to the size the images were loaded in.
  """
  height, _, channels = info.image_shape
  base_name = info.name.split('/')[0]
  native, padding, flip = _KNOWN.get(base_name, (8, 1, channels == 3))
  return Augmentation(crop_padding=round(padding * height / native), flip=flip)


def augment(
  images: tf.Tensor,
  augmentation: Augmentation,
  mean: Sequence[float],
  std: Sequence[float],
  seed: tf.Tensor,
  part: tf.Tensor | int = 0,
  parts: int = 1,
) -> tf.Tensor:
  """Crops, mirrors, normalizes and blanks a batch, each image by itself.

  An image is padded with zeros and cropped to its size at a uniform offset,
  mirrored with probability 1/2, cropped at random and resized, changed in
  colour, normalized, `(x / 255 - mean) / std`, and then a square of side
  `cutout`, whose centre is uniform over the image and which is clipped at
  the border, is set to zero. The result is a function of the arguments alone.

  Args:
    images: uint8 (batch, height, width, channels).
    augmentation: what to do.
    mean: mean of pixels / 255, one a channel.
    std: standard deviation of the same.
    seed: int32 or int64 seed of shape (2,).
    part: which part of a larger batch the images are, from 0.
    parts: number of its parts, all of one size. Each image changes in the
      same way as if the whole batch were given.

  Returns:
    float32 (batch, height, width, channels).
  """
  draw = functools.partial(_draw, part=part, parts=parts)
  crop_seed, flip_seed, cutout_seed = tf.unstack(
    tf.random.split(seed, num=3), num=3
  )
  images = _crop_and_flip(images, augmentation, crop_seed, flip_seed, draw)
  if augmentation.resized_crop or augmentation.color_jitter:
    # Seeds of their own: these options do not change the other draws.
    resize_seed, color_seed = tf.unstack(
      tf.random.split(tf.random.fold_in(seed, 1), num=2), num=2
    )
    images = tf.cast(images, tf.float32) / 255.0
    if augmentation.resized_crop:
      images = random_resized_crop(images, resize_seed, draw)
    if augmentation.color_jitter:
      images = color_jitter(images, augmentation.color_jitter, color_seed, draw)
    images = _normalize(images, mean, std)
  else:
    images = normalize(images, mean, std)
  if augmentation.cutout:
    images *= _cutout_mask(images, augmentation.cutout, cutout_seed, draw)
  return images


def normalize(
  images: tf.Tensor, mean: Sequence[float], std: Sequence[float]
) -> tf.Tensor:
  """Returns `(x / 255 - mean) / std` in float32.

  Args:
    images: uint8 (..., channels).
    mean: mean of pixels / 255, one a channel.
    std: standard deviation of the same, positive.

  Returns:
    float32 (..., channels).
  """
  return _normalize(tf.cast(images, tf.float32) / 255.0, mean, std)


def _normalize(images, mean, std):
  return (images - tf.constant(mean, tf.float32)) / tf.constant(std, tf.float32)


def _draw(
  shape: Sequence, seed: tf.Tensor, part: tf.Tensor | int, parts: int, **options
) -> tf.Tensor:
  """Draws for all parts of a batch; returns those of one."""
  count, *rest = shape
  draws = tf.random.stateless_uniform([count * parts, *rest], seed, **options)
  return draws if parts == 1 else draws[part * count : (part + 1) * count]


def _crop_and_flip(
  images: tf.Tensor,
  augmentation: Augmentation,
  crop_seed: tf.Tensor,
  flip_seed: tf.Tensor,
  draw: Draw,
) -> tf.Tensor:
  """Crops and mirrors by one choice of rows and one of columns."""
  padding = augmentation.crop_padding
  if not padding and not augmentation.flip:
    return images
  static_shape = images.shape
  batch, height, width = tf.unstack(tf.shape(images)[:3], num=3)
  rows = tf.range(height)[None]
  columns = tf.range(width)[None]
  if augmentation.flip:
    mirrored = draw([batch, 1], flip_seed) < 0.5
    columns = tf.where(mirrored, width - 1 - columns, columns)
  if padding:
    images = tf.pad(
      images, [[0, 0], [padding, padding], [padding, padding], [0, 0]]
    )
    offsets = draw(
      [batch, 2], crop_seed, maxval=2 * padding + 1, dtype=tf.int32
    )
    rows += offsets[:, :1]
    columns += offsets[:, 1:]
    images = tf.gather(images, rows, axis=1, batch_dims=1)
  images = tf.gather(images, columns, axis=2, batch_dims=1)
  return tf.ensure_shape(images, static_shape)


def _cutout_mask(
  images: tf.Tensor, side: int, seed: tf.Tensor, draw: Draw
) -> tf.Tensor:
  """Returns 0 in the square and 1 elsewhere, (batch, height, width, 1)."""
  batch, height, width = tf.unstack(tf.shape(images)[:3], num=3)
  inside = []
  for length, axis_seed in zip(
    (height, width),
    tf.unstack(tf.random.split(seed, num=2), num=2),
    strict=True,
  ):
    centre = draw(
      [batch, 1], axis_seed, minval=0, maxval=length, dtype=tf.int32
    )
    start = centre - side // 2
    position = tf.range(length)[None]
    inside.append((position >= start) & (position < start + side))
  blank = inside[0][:, :, None, None] & inside[1][:, None, :, None]
  return 1.0 - tf.cast(blank, images.dtype)
