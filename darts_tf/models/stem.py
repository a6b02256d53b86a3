"""The layers between the image and the first cell."""

import keras
import tensorflow as tf

from darts_tf.config.errors import unknown_name
from darts_tf.config.registry import Registry
from darts_tf.layers.batch_norm import BatchNorm
from darts_tf.layers.convolution import conv, strided_shape
from darts_tf.layers.initializers import uniform_fan_in
from darts_tf.search_space.style import OperationStyle


class ConvNorm(keras.layers.Layer):
  """3x3 convolution and batch normalization with scale and offset.

  Args:
    channels: of the output.
    stride: 1 or 2.
    rectify: whether a ReLU comes first.
    style: conventions of the search space.
    **kwargs: arguments of `keras.layers.Layer`.
  """

  def __init__(
    self,
    channels: int,
    stride: int,
    rectify: bool,
    style: OperationStyle,
    **kwargs,
  ):
    super().__init__(dtype=style.dtype, **kwargs)
    self.channels = channels
    self.stride = stride
    self.rectify = rectify
    self.norm_layer = BatchNorm(
      True,
      style.epsilon,
      style.momentum,
      style.synchronized,
      dtype=self.dtype_policy,
    )

  def build(self, input_shape) -> None:
    """Creates the kernel."""
    self.kernel = self.add_weight(
      shape=(3, 3, input_shape[-1], self.channels),
      initializer=uniform_fan_in(9 * input_shape[-1]),
      name='kernel',
    )
    self.norm_layer.build((*input_shape[:-1], self.channels))

  def call(self, x, training=None):
    """Maps `(batch, height, width, c)` to `(…, channels)`."""
    if self.rectify:
      x = tf.nn.relu(x)
    x = conv(x, tf.convert_to_tensor(self.kernel), (self.stride, self.stride))
    return self.norm_layer(x, training=training)

  def compute_output_shape(self, input_shape):
    """`(batch, ceil(height / stride), ceil(width / stride), channels)`."""
    return strided_shape(input_shape, self.stride, self.channels)


class Stem(keras.layers.Layer):
  """A chain of convolutions that gives the first cell's two inputs.

  Args:
    blocks: the chain.
    taps: how many blocks the older and the newer input have passed.
    dtype: Keras dtype policy.
  """

  def __init__(self, blocks: list[ConvNorm], taps: tuple[int, int], dtype=None):
    super().__init__(dtype=dtype, name='stem')
    self.blocks = blocks
    self.taps = taps

  @property
  def stride(self) -> int:
    """Factor by which height and width shrink."""
    factor = 1
    for block in self.blocks:
      factor *= block.stride
    return factor

  @property
  def reduces(self) -> bool:
    """Whether the older input is larger than the newer one."""
    older, newer = self.taps
    return any(block.stride > 1 for block in self.blocks[older:newer])

  def build(self, input_shape) -> None:
    """Builds the chain."""
    for block in self.blocks:
      block.build(input_shape)
      input_shape = block.compute_output_shape(input_shape)

  def call(self, images, training=None):
    """Returns the two inputs of the first cell."""
    states = [images]
    for block in self.blocks:
      states.append(block(states[-1], training=training))
    return tuple(states[tap] for tap in self.taps)

  def compute_output_shape(self, input_shape):
    """Returns the two shapes."""
    shapes = [tuple(input_shape)]
    for block in self.blocks:
      shapes.append(block.compute_output_shape(shapes[-1]))
    return tuple(shapes[tap] for tap in self.taps)


def _conv(channels, style):
  return Stem([ConvNorm(3 * channels, 1, False, style)], (1, 1), style.dtype)


def _conv_1x(channels, style):
  return Stem([ConvNorm(channels, 1, False, style)], (1, 1), style.dtype)


def _strided(channels, style):
  return Stem([ConvNorm(3 * channels, 2, False, style)], (1, 1), style.dtype)


def _imagenet(channels, style):
  return Stem(
    [
      ConvNorm(channels // 2, 2, False, style),
      ConvNorm(channels, 2, True, style),
      ConvNorm(channels, 2, True, style),
    ],
    (2, 3),
    style.dtype,
  )


def _none(channels, style):
  del channels
  return Stem([], (0, 0), style.dtype)


stems: Registry = Registry('stem')
# A convolution to three times the channels: the stem for small images.
stems.register('conv', _conv)
# A convolution to the channels of the first cell.
stems.register('conv_1x', _conv_1x)
# As `conv`, at half the size: four times fewer operations.
stems.register('strided', _strided)
# Three convolutions of stride 2: the stem for 224x224 images.
stems.register('imagenet', _imagenet)
# The image itself.
stems.register('none', _none)


def check_stem(name: str) -> None:
  """Raises `InputError` unless a stem has this name, or it is `auto`."""
  if name != 'auto' and name not in stems:
    raise unknown_name('stem', name, ['auto', *stems])
