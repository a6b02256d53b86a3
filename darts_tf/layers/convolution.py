"""Convolutions with symmetric padding, for several edges at once."""

import tensorflow as tf

from darts_tf.graph.constants import constant
from darts_tf.graph.custom_gradient import custom_gradient
from darts_tf.graph.lean import reshape


def strided_shape(shape, stride: int, channels: int) -> tuple:
  """Shape after a stride: `(batch, ceil(h / s), ceil(w / s), channels)`."""
  batch, *sizes, _ = shape
  return (
    batch,
    *(None if n is None else -(-n // stride) for n in sizes),
    channels,
  )


def pad(x, rows: int, columns: int, value: float = 0.0):
  """Pads height and width by the same amount on both sides."""
  if not rows and not columns:
    return x
  paddings = [[0, 0], [rows, rows], [columns, columns], [0, 0]]
  if not value:
    return tf.pad(x, paddings)
  # The kernel for GPUs reads the value in the memory of the host.
  with tf.device('CPU:0'):
    value = constant(value, x.dtype)
  return tf.pad(x, paddings, constant_values=value)


def repeat_channels(x, copies: int):
  """All channels, several times one after the other.

  The gradient of `tf.tile` would compute shapes, partly on a GPU.
  """
  if copies == 1:
    return x

  @custom_gradient
  def repeat(x):
    return tf.tile(x, [1, 1, 1, copies]), lambda upstream: tf.add_n(
      tf.split(upstream, copies, -1)
    )

  return repeat(x)


def subsample(x, rows: int, columns: int):
  """Every `rows`-th row and `columns`-th column, from the first.

  As a pool of single pixels, whose kernels and gradients are several times
  faster than those of slices with a step.
  """
  if (rows, columns) == (1, 1):
    return x
  return tf.nn.avg_pool2d(x, 1, [1, rows, columns, 1], 'VALID')


def pointwise_conv(x, matrix, groups: int = 1):
  """A 1x1 convolution, as the product of pixels with a matrix.

  On CPUs that is the faster kernel.

  Args:
    x: `(batch, height, width, groups * channels_in)`, group by group.
    matrix: `(channels_in, groups * channels_out)`.
    groups: sets of channels that do not see each other.

  Returns:
    `(batch, height, width, groups * channels_out)`, group by group.
  """
  flat = reshape(x, [-1, x.shape[-1]])
  if groups == 1:
    flat = tf.matmul(flat, matrix)
  else:
    # TensorFlow's gradients of grouped convolutions exist on some CPUs
    # only, so each group has a product of its own.
    flat = tf.concat(
      [
        tf.matmul(part, k)
        for part, k in zip(
          tf.split(flat, groups, -1), tf.split(matrix, groups, -1), strict=True
        )
      ],
      -1,
    )
  if None in x.shape[1:3]:
    return tf.reshape(
      flat, tf.concat([tf.shape(x)[:-1], [matrix.shape[-1]]], 0)
    )
  return reshape(flat, [-1, *x.shape[1:3], matrix.shape[-1]])


def conv(x, kernel, strides: tuple[int, int] = (1, 1)):
  """A convolution with symmetric zero padding of half the kernel.

  `SAME` pads the far side only when the stride is 2 and the size even;
  published networks pad both.

  Args:
    x: `(batch, height, width, channels_in)`.
    kernel: `(rows, columns, channels_in, channels_out)`, odd sizes.
    strides: of rows and columns.

  Returns:
    `(batch, ceil(height / s), ceil(width / s), channels_out)`.
  """
  rows, columns = kernel.shape[0], kernel.shape[1]
  if (rows, columns) == (1, 1):
    return pointwise_conv(
      subsample(x, *strides), reshape(kernel, kernel.shape[2:])
    )
  if tuple(strides) == (1, 1):
    return tf.nn.conv2d(x, kernel, 1, 'SAME')
  x = pad(x, rows // 2, columns // 2)
  return tf.nn.conv2d(x, kernel, strides, 'VALID')


def grouped_conv(x, kernel, groups: int, strides: tuple[int, int] = (1, 1)):
  """Convolves each edge's channels with its own kernel.

  Args:
    x: `(batch, height, width, groups * channels_in)`, edge by edge.
    kernel: `(rows, columns, channels_in, groups * channels_out)`.
    groups: number of edges.
    strides: of rows and columns.

  Returns:
    `(batch, height, width, groups * channels_out)`, edge by edge.
  """
  if groups == 1:
    return conv(x, kernel, strides)
  return tf.concat(
    [
      conv(part, k, strides)
      for part, k in zip(tf.split(x, groups, -1), tf.split(kernel, groups, -1))
    ],
    -1,
  )


def depthwise_conv(
  x, kernel, stride: int = 1, dilation: int = 1, padded: bool = False
):
  """A depthwise convolution with symmetric zero padding.

  TensorFlow cannot compute stride and dilation together. With a stride that
  divides the dilation, only every stride-th pixel is ever read: the result
  is that of the smaller image with the smaller dilation. With another one,
  it is every stride-th pixel of the result without a stride.

  Args:
    x: `(batch, height, width, channels)`.
    kernel: `(size, size, channels, 1)`, odd size.
    stride: of rows and columns.
    dilation: distance of the kernel's pixels.
    padded: whether the input has its padding already, which only kernels
      with a stride have.

  Returns:
    `(batch, ceil(height / stride), ceil(width / stride), channels)`.
  """
  if stride > 1 and dilation % stride == 0:
    x = subsample(x, stride, stride)
    stride, dilation = 1, dilation // stride
  if stride > 1 and dilation > 1:
    return subsample(depthwise_conv(x, kernel, 1, dilation), stride, stride)
  if stride > 1 and not padded:
    reach = kernel.shape[0] // 2
    x = pad(x, reach, reach)
  if dilation == 1 and _wide_on_cpu(kernel):
    return _wide_depthwise(x, kernel, stride)
  return tf.nn.depthwise_conv2d(
    x,
    kernel,
    [1, stride, stride, 1],
    _padding(stride),
    dilations=[dilation, dilation],
  )


def _padding(stride: int) -> str:
  return 'SAME' if stride == 1 else 'VALID'


def _wide_on_cpu(kernel) -> bool:
  return kernel.shape[1] > 3 and not tf.config.list_logical_devices('GPU')


def _shape(x):
  known = x.shape.is_fully_defined()
  return constant(x.shape.as_list()) if known else tf.shape(x)


def _wide_depthwise(x, kernel, stride: int):
  """A depthwise convolution with a gradient that suits wide kernels.

  oneDNN has no fast kernel for the gradient of a filter with more than
  three columns. With padding that is called explicit, TensorFlow takes its
  own, which is up to twice as fast there.
  """
  strides = [1, stride, stride, 1]
  padding = _padding(stride)
  rows, columns = (
    [n // 2 if padding == 'SAME' else 0] * 2 for n in kernel.shape[:2]
  )

  @custom_gradient
  def convolve(x, kernel):
    def gradient(upstream):
      return (
        tf.raw_ops.DepthwiseConv2dNativeBackpropInput(
          input_sizes=_shape(x),
          filter=kernel,
          out_backprop=upstream,
          strides=strides,
          padding=padding,
        ),
        tf.raw_ops.DepthwiseConv2dNativeBackpropFilter(
          input=x,
          filter_sizes=_shape(kernel),
          out_backprop=upstream,
          strides=strides,
          padding='EXPLICIT',
          explicit_paddings=[0, 0, *rows, *columns, 0, 0],
        ),
      )

    return tf.nn.depthwise_conv2d(x, kernel, strides, padding), gradient

  return convolve(x, kernel)
