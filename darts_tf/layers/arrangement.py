"""Arrangements of pixels that let a dilated kernel read neighbours."""

from typing import NamedTuple

import tensorflow as tf

from darts_tf.layers.convolution import pad, subsample


class Arrangement(NamedTuple):
  """The layout of an input that a kernel with a dilation reads.

  A kernel of dilation d reads pixels of one lattice only: those whose row
  and column agree modulo d. If the lattices are images of their own, the
  kernel needs no dilation. Operations pixel by pixel or over the whole batch,
  like a 1x1 convolution and a batch normalization, give the same result. A
  stride that divides d keeps only some of the lattices.

  Operations that want the same arrangement share it, and their outputs are
  added before the lattices are put back.

  Args:
    every: only each `every`-th row and column is kept.
    lattices: rows and columns are then separated modulo this number.
    padding: zeros on all four sides, for a kernel with a stride.
  """

  every: int = 1
  lattices: int = 1
  padding: int = 0

  @classmethod
  def of_kernel(cls, shape, stride: int, dilation: int) -> 'Arrangement':
    """Returns the arrangement for a kernel.

    Args:
      shape: `(batch, height, width, channels)` of the input.
      stride: of the kernel.
      dilation: of the kernel.

    Returns:
      The arrangement in which the kernel needs no dilation, if stride and
      sizes allow it.
    """
    if dilation % stride:
      return cls()
    left = dilation // stride
    sizes = [None if n is None else -(-n // stride) for n in shape[1:3]]
    if any(n is None or n % left for n in sizes):
      return cls(stride)
    return cls(stride, left)

  def apply(self, x: tf.Tensor) -> tf.Tensor:
    """Arranges `(batch, height, width, channels)`."""
    x = pad(subsample(x, self.every, self.every), self.padding, self.padding)
    if self.lattices == 1:
      return x
    return tf.space_to_batch(x, [self.lattices] * 2, tf.zeros([2, 2], tf.int32))

  def undo(self, y: tf.Tensor) -> tf.Tensor:
    """Puts lattices back in one image; pixels left out stay out."""
    if self.lattices == 1:
      return y
    return tf.batch_to_space(y, [self.lattices] * 2, tf.zeros([2, 2], tf.int32))
