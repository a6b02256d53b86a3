"""Classifiers: from the last cell's output, or an earlier one, to logits."""

import keras
import tensorflow as tf

from darts_tf.config.errors import InputError
from darts_tf.config.registry import Registry
from darts_tf.layers.batch_norm import BatchNorm
from darts_tf.layers.initializers import uniform_fan_in
from darts_tf.models.dense import dense
from darts_tf.search_space.style import OperationStyle


class Head(keras.layers.Layer):
  """Mean over the image, or flattening, then dense layers.

  Args:
    num_classes: number of logits.
    style: conventions of the search space.
    hidden: units of hidden layers with ReLU.
    flatten: whether the map is flattened instead of averaged.
    norm: whether normalization and ReLU come first.
    input_shape: `(batch, height, width, channels)`.
  """

  def __init__(
    self,
    num_classes: int,
    style: OperationStyle,
    input_shape,
    hidden: tuple[int, ...] = (),
    flatten: bool = False,
    norm: bool = False,
  ):
    super().__init__(dtype=style.dtype, name='head')
    self.flatten = flatten
    self.norm_layer = None
    if norm:
      self.norm_layer = BatchNorm(
        True,
        style.epsilon,
        style.momentum,
        style.synchronized,
        dtype=self.dtype_policy,
      )
      self.norm_layer.build(input_shape)
    _, height, width, size = input_shape
    if flatten:
      size *= height * width
    self.dense_layers = []
    for units in hidden:
      self.dense_layers.append(
        dense(units, size, 'relu', dtype=self.dtype_policy)
      )
      size = units
    self.classifier = dense(
      num_classes, size, dtype=self.dtype_policy, name='classifier'
    )
    self.built = True

  def call(self, x, training=None):
    """Maps `(batch, height, width, channels)` to `(batch, classes)`."""
    if self.norm_layer is not None:
      x = tf.nn.relu(self.norm_layer(x, training=training))
    if self.flatten:
      x = tf.reshape(x, [tf.shape(x)[0], x.shape[1] * x.shape[2] * x.shape[3]])
    else:
      x = tf.reduce_mean(x, [1, 2])
    for layer in self.dense_layers:
      x = layer(x)
    return self.classifier(x)


heads: Registry = Registry('head')
heads.register('linear', {})
heads.register('norm_linear', {'norm': True})
heads.register('mlp', {'flatten': True})


class AuxiliaryHead(keras.layers.Layer):
  """A second classifier in the middle of the network, for training only.

  ReLU; average pool to 2x2; 1x1 convolution to 128, normalization, ReLU;
  2x2 convolution to 768, normalization, ReLU; dense. On a map of 8x8 the
  pool is 5x5 with stride 3, on 7x7 it has stride 2, as published
  (arXiv:1806.09055); other sizes follow the same rule.

  Args:
    num_classes: number of logits.
    style: conventions of the search space.
    input_shape: `(batch, height, width, channels)`, at least 2x2.
    last_norm: whether the second normalization exists; the published
      ImageNet network has none.

  Raises:
    InputError: if the map is smaller than 2x2.
  """

  def __init__(
    self,
    num_classes: int,
    style: OperationStyle,
    input_shape,
    last_norm: bool = True,
  ):
    super().__init__(dtype=style.dtype, name='auxiliary_head')
    _, height, width, channels = input_shape
    if min(height, width) < 2:
      raise InputError(
        'The auxiliary head needs a map of at least 2x2 pixels after two'
        f' thirds of the cells. Received: map={height}x{width}'
      )
    self.pool = tuple(min(-(-n // 2) + 1, n - 1) for n in (height, width))
    self.strides = tuple(n - k for n, k in zip((height, width), self.pool))
    norm = lambda: BatchNorm(
      True,
      style.epsilon,
      style.momentum,
      style.synchronized,
      dtype=self.dtype_policy,
    )
    self.norm_1 = norm()
    self.norm_2 = norm() if last_norm else None
    self.kernel_1 = self.add_weight(
      shape=(1, 1, channels, 128),
      initializer=uniform_fan_in(channels),
      name='kernel_1',
    )
    self.kernel_2 = self.add_weight(
      shape=(2, 2, 128, 768),
      initializer=uniform_fan_in(4 * 128),
      name='kernel_2',
    )
    self.norm_1.build((None, 2, 2, 128))
    if last_norm:
      self.norm_2.build((None, 1, 1, 768))
    self.classifier = dense(
      num_classes, 768, dtype=self.dtype_policy, name='classifier'
    )
    self.built = True

  def call(self, x, training=None):
    """Maps `(batch, height, width, channels)` to `(batch, classes)`."""
    x = tf.nn.avg_pool2d(tf.nn.relu(x), self.pool, self.strides, 'VALID')
    x = tf.nn.conv2d(x, tf.convert_to_tensor(self.kernel_1), 1, 'VALID')
    x = tf.nn.relu(self.norm_1(x, training=training))
    x = tf.nn.conv2d(x, tf.convert_to_tensor(self.kernel_2), 1, 'VALID')
    if self.norm_2 is not None:
      x = self.norm_2(x, training=training)
    return self.classifier(tf.nn.relu(x)[:, 0, 0])
