"""Batches whose content is a function of the step, not of the past."""

import hashlib
from collections.abc import Callable, Sequence

import numpy as np
import tensorflow as tf

from darts_tf.config.errors import InputError
from darts_tf.data.augment import Augmentation, augment, normalize
from darts_tf.data.autotuning import without_autotuning


class Stream:
  """Training batches that can be continued from any step exactly.

  Epoch `q` holds the steps `q * steps_per_epoch` to
  `(q + 1) * steps_per_epoch - 1`. Its order is a uniform permutation drawn
  from (seed, name, q), cut into batches; the few images that remain are left
  out of that epoch, so an epoch shows each image at most once. Augmentation
  draws from (seed, name, step). So a batch depends on (seed, name, step)
  only, and a run that stops can go on as if it had not.

  The images of the stream are held once, in main memory, in uint8.

  Args:
    images: uint8 (n, height, width, channels).
    labels: integer labels (n,).
    batch_size: images a batch; static in the shape of the batches.
    seed: seed of the run.
    name: tells streams of one run apart, e.g. `weights`, `architecture`.
    mean: mean of pixels / 255, one a channel.
    std: standard deviation of the same.
    augmentation: what to do at random; None for nothing.
    indices: which of the images to use, (m,); None for all.

  Raises:
    InputError: if the batch size is not in 1..n, or labels and images differ
      in number.
  """

  def __init__(
    self,
    images: np.ndarray,
    labels: np.ndarray,
    batch_size: int,
    seed: int,
    name: str,
    mean: Sequence[float],
    std: Sequence[float],
    augmentation: Augmentation | None = None,
    indices: np.ndarray | None = None,
  ):
    self._images, self._labels = _hold(images, labels, indices)
    self.num_images = int(self._images.shape[0])
    if not 1 <= batch_size <= self.num_images:
      raise InputError(
        'The batch size does not fit the number of images; expected'
        f' 1 to {self.num_images}. Received: batch_size={batch_size}'
      )
    self.batch_size = batch_size
    self.name = name
    self._mean = tuple(mean)
    self._std = tuple(std)
    self._augmentation = augmentation
    self._order_seed = _seed(seed, name, 'order')
    self._augmentation_seed = _seed(seed, name, 'augmentation')

  @property
  def steps_per_epoch(self) -> int:
    """Number of batches an epoch; what does not fill one is left out."""
    return self.num_images // self.batch_size

  def batches(
    self,
    start: int = 0,
    stop: int | None = None,
    share: range = range(1),
    parts: int = 1,
  ) -> tf.data.Dataset:
    """The batches of the global steps `start` to `stop - 1`.

    Several replicas share a batch: it is cut into `parts` of one size, of
    which this process takes some. Cut or whole, images are the same.

    Args:
      start: first global step, counted from the beginning of the run.
      stop: the step after the last; None for no end.
      share: which parts of each batch there are, one after the other.
      parts: into how many a batch is cut; divides the batch size.

    Returns:
      A data set of float32 images (batch_size / parts, height, width,
      channels) and int32 labels (batch_size / parts,).

    Raises:
      InputError: unless 0 <= start <= stop.
    """
    if start < 0 or (stop is not None and stop < start):
      raise InputError(
        'Steps are out of range; expected 0 <= start <= stop.'
        f' Received: start={start}, stop={stop}'
      )
    epoch, position = divmod(start, self.steps_per_epoch)
    # The permutation is drawn once an epoch. index_shuffle, which would
    # give single positions, knows only 256 permutations of 64 images, and
    # its neighbouring epochs are correlated.
    dataset = tf.data.Dataset.counter(start=epoch).flat_map(
      _as_it_is(self._epoch)
    )
    dataset = dataset.skip(position)
    if stop is not None:
      dataset = dataset.take(stop - start)
    if parts > 1:
      dataset = dataset.flat_map(
        _as_it_is(lambda step, indices: self._cut(step, indices, share, parts))
      )
    dataset = dataset.map(
      _as_it_is(lambda *part: self._batch(*part, parts=parts)),
      num_parallel_calls=tf.data.AUTOTUNE,
      deterministic=True,
    )
    return without_autotuning(dataset.prefetch(tf.data.AUTOTUNE))

  def _epoch(self, epoch: tf.Tensor) -> tf.data.Dataset:
    """Steps of an epoch and the indices of their images."""
    steps = self.steps_per_epoch
    order = tf.random.experimental.stateless_shuffle(
      tf.range(self.num_images), tf.random.fold_in(self._order_seed, epoch)
    )
    order = tf.reshape(
      order[: steps * self.batch_size], [steps, self.batch_size]
    )
    first = epoch * steps
    return tf.data.Dataset.from_tensor_slices(
      (tf.range(first, first + steps), order)
    )

  def _cut(
    self, step: tf.Tensor, indices: tf.Tensor, share: range, parts: int
  ) -> tf.data.Dataset:
    """Step, indices and number of the parts of a batch."""
    indices = tf.reshape(indices, [parts, self.batch_size // parts])
    return tf.data.Dataset.from_tensor_slices(
      (
        tf.repeat(step, len(share)),
        indices[share.start : share.stop],
        tf.range(share.start, share.stop),
      )
    )

  def _batch(
    self,
    step: tf.Tensor,
    indices: tf.Tensor,
    part: tf.Tensor | int = 0,
    parts: int = 1,
  ) -> tuple[tf.Tensor, tf.Tensor]:
    images = tf.gather(self._images, indices)
    labels = tf.gather(self._labels, indices)
    if self._augmentation is None:
      return normalize(images, self._mean, self._std), labels
    images = augment(
      images,
      self._augmentation,
      self._mean,
      self._std,
      tf.random.fold_in(self._augmentation_seed, step),
      part,
      parts,
    )
    return images, labels


def evaluation_batches(
  images: np.ndarray,
  labels: np.ndarray,
  batch_size: int,
  mean: Sequence[float],
  std: Sequence[float],
  indices: np.ndarray | None = None,
) -> tf.data.Dataset:
  """Every image once, in order, in batches of one static shape.

  The last batch is filled up with copies of the last image, of weight 0.

  Args:
    images: uint8 (n, height, width, channels).
    labels: integer labels (n,).
    batch_size: images a batch.
    mean: mean of pixels / 255, one a channel.
    std: standard deviation of the same.
    indices: which of the images to use, (m,); None for all.

  Returns:
    A data set of float32 images (batch_size, height, width, channels), int32
    labels (batch_size,) and float32 weights (batch_size,), 1 or 0.

  Raises:
    InputError: if the batch size is not positive, there are no images, or
      labels and images differ in number.
  """
  if batch_size < 1:
    raise InputError(
      'The batch size is not positive; expected 1 or more.'
      f' Received: batch_size={batch_size}'
    )
  images, labels = _hold(images, labels, indices)
  count = int(images.shape[0])

  def batch(index: tf.Tensor):
    positions = tf.cast(index, tf.int32) * batch_size + tf.range(batch_size)
    chosen = tf.minimum(positions, count - 1)
    return (
      normalize(tf.gather(images, chosen), mean, std),
      tf.gather(labels, chosen),
      tf.cast(positions < count, tf.float32),
    )

  dataset = tf.data.Dataset.range(-(-count // batch_size))
  dataset = dataset.map(
    _as_it_is(batch), num_parallel_calls=tf.data.AUTOTUNE, deterministic=True
  )
  return without_autotuning(dataset.prefetch(tf.data.AUTOTUNE))


def _as_it_is(function: Callable) -> Callable:
  """Keeps TensorFlow from rewriting a function that branches on no tensor.

  To rewrite one takes longer than to trace it, and each epoch would.
  """
  return tf.autograph.experimental.do_not_convert(function)


def _hold(
  images: np.ndarray, labels: np.ndarray, indices: np.ndarray | None
) -> tuple[tf.Tensor, tf.Tensor]:
  """Images and labels as tensors in main memory."""
  if len(images) != len(labels):
    raise InputError(
      'Images and labels differ in number; expected one label an image.'
      f' Received: {len(images)} images, {len(labels)} labels'
    )
  if indices is not None:
    images, labels = images[indices], labels[indices]
  if not len(images):
    raise InputError(
      'There are no images; expected 1 or more. Received: 0 images'
    )
  with tf.device('CPU:0'):
    # A constant made from an array keeps a second copy of it for itself; its
    # identity does not.
    images = tf.identity(tf.constant(images, tf.uint8))
    return images, tf.constant(labels, tf.int32)


def _seed(seed: int, name: str, purpose: str) -> tf.Tensor:
  """A seed of shape (2,) that differs for each (seed, name, purpose)."""
  text = repr((int(seed), name, purpose)).encode()
  words = np.frombuffer(hashlib.sha256(text).digest()[:16], '<i8')
  with tf.device('CPU:0'):
    return tf.constant(words, tf.int64)
