"""Channels that bypass the candidates of an edge (arXiv:1907.05737)."""

import tensorflow as tf


def split_channels(
  x: tf.Tensor, parts: int, stride: int
) -> tuple[tf.Tensor, tf.Tensor | None]:
  """Divides the channels of a node between candidates and bypass.

  Args:
    x: `(batch, height, width, channels)`.
    parts: K; the first channels / K of the channels are mixed.
    stride: of the edge; at stride 2 the bypass is a 2x2 max pool, which
      rounds odd sizes up as the candidates do.

  Returns:
    The mixed channels of `x`, and what the others are at the end of the
    edge; `None` if there are no others.
  """
  if parts == 1:
    return x, None
  size = x.shape[-1] // parts
  mixed, bypass = x[..., :size], x[..., size:]
  if stride == 2:
    bypass = tf.nn.max_pool2d(_even(bypass), 2, 2, 'VALID')
  return mixed, bypass


def shuffle_channels(x: tf.Tensor, groups: int) -> tf.Tensor:
  """Moves channel `q * (C / K) + r` to `r * K + q`, for K groups.

  Args:
    x: `(batch, height, width, C)`.
    groups: K.
  """
  *shape, channels = x.shape
  shape = [size or tf.shape(x)[axis] for axis, size in enumerate(shape)]
  grouped = tf.reshape(x, [*shape, groups, channels // groups])
  return tf.reshape(tf.transpose(grouped, [0, 1, 2, 4, 3]), [*shape, channels])


def _even(x: tf.Tensor) -> tf.Tensor:
  """Pads odd heights and widths by a row or column that no pool takes."""
  odd = [x.shape[axis] % 2 for axis in (1, 2)]
  if not any(odd):
    return x
  return tf.pad(
    x, [[0, 0], [0, odd[0]], [0, odd[1]], [0, 0]], constant_values=x.dtype.min
  )
