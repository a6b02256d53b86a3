"""Operations and search spaces that a user has registered."""

from unittest import mock

import keras
import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from darts_tf.config.errors import InputError
from darts_tf.genotype import CellGenotype, Edge, Genotype
from darts_tf.layers import MixingWeights, build_operation
from darts_tf.models import Network, Supernet
from darts_tf.search_space import (
  CellTopology,
  OperationStyle,
  SearchSpace,
  operations,
  register_operation,
  register_search_space,
  same_candidates,
  search_spaces,
)

TOPOLOGY = CellTopology.dense(num_inputs=2, num_nodes=1)
NAMES = ('user_plain', 'none', 'user_stack', 'skip_connect', 'user_own')


def plain(channels, stride):
  return keras.layers.Conv2D(channels, 3, stride, padding='same')


def stack(channels, stride):
  """Layers without a `build`, which behave otherwise in training."""
  return keras.Sequential(
    [
      keras.layers.ReLU(),
      keras.layers.Dropout(0.5),
      keras.layers.Conv2D(channels, 1, stride),
      keras.layers.BatchNormalization(),
    ]
  )


class Own(keras.layers.Layer):
  """A layer that asks for `training`."""

  def __init__(self, channels, stride):
    super().__init__()
    self.conv = keras.layers.Conv2D(channels, 1, stride)

  def build(self, input_shape):
    self.conv.build(input_shape)
    self.gain = self.add_weight(shape=(), initializer='ones', name='gain')

  def call(self, x, training=False):
    return self.gain * self.conv(x) + (1.0 if training else 0.0)


def cropped(channels, stride):
  return keras.layers.Conv2D(channels, 3, stride)


class UserOperationsTest(tf.test.TestCase, parameterized.TestCase):
  def setUp(self):
    super().setUp()
    # Other tests must not see what is registered here.
    for registry in (operations, search_spaces):
      patch = mock.patch.dict(registry._values)
      patch.start()
      self.addCleanup(patch.stop)
    for name, build in (
      ('user_plain', plain),
      ('user_stack', stack),
      ('user_own', Own),
      ('user_cropped', cropped),
    ):
      register_operation(name, build)
    self.space = register_search_space(
      SearchSpace(
        name='user_space',
        topology=TOPOLOGY,
        candidates=same_candidates(NAMES, TOPOLOGY),
      )
    )
    self.images = np.random.default_rng(0).normal(size=(4, 8, 7, 3))

  def mixing(self, supernet):
    rng = np.random.default_rng(0)
    return {
      group: MixingWeights(
        tf.constant(rng.uniform(size=(2, 5)), supernet.variable_dtype)
      )
      for group in supernet.groups
    }

  @parameterized.parameters('float32', 'float64', 'mixed_bfloat16')
  def test_supernet(self, dtype):
    supernet = Supernet(
      self.space, (8, 7, 3), 5, 4, 3, style=OperationStyle(dtype=dtype)
    )
    mixing = self.mixing(supernet)
    inference = supernet(self.images, mixing)
    self.assertEqual(inference.dtype, supernet.variable_dtype)
    self.assertAllEqual(supernet(self.images, mixing), inference)
    training = supernet(self.images, mixing, training=True)
    # Dropout draws anew.
    self.assertNotAllEqual(
      supernet(self.images, mixing, training=True), training
    )
    with tf.GradientTape() as tape:
      loss = tf.reduce_sum(supernet(self.images, mixing, training=True) ** 2)
    gradients = tape.gradient(loss, supernet.trainable_variables)
    self.assertNotIn(None, gradients)

  @parameterized.parameters(1, 2)
  def test_each_edge_has_its_own_layer(self, stride):
    layer = build_operation('user_plain', 4, stride, OperationStyle(), copies=3)
    layer.build((None, 8, 7, 4))
    x = np.random.default_rng(0).normal(size=(2, 8, 7, 4)).astype('f')
    scale = tf.constant([1.0, 0.5, -2.0])
    outputs = tf.split(layer(x, scale=scale), 3, -1)
    for copy, output in enumerate(outputs):
      views = layer.weight_views(copy)
      self.assertEqual(list(views), ['kernel', 'bias'])
      expected = (
        tf.nn.conv2d(x, views['kernel'].read(), stride, 'SAME')
        + views['bias'].read()
      )
      self.assertAllClose(output, expected * scale[copy], atol=1e-5)
      self.assertEqual(output.shape[1:3], (8, 7) if stride == 1 else (4, 4))

  def test_a_layer_knows_whether_this_is_training(self):
    layer = build_operation('user_own', 4, 1, OperationStyle(), copies=2)
    layer.build((None, 8, 7, 4))
    x = np.ones((1, 8, 7, 4), 'f')
    self.assertAllClose(layer(x, training=True), layer(x) + 1.0)

  def test_weights_without_axes(self):
    layer = build_operation('user_own', 4, 1, OperationStyle(), copies=2)
    layer.build((None, 8, 7, 4))
    x = np.ones((1, 8, 7, 4), 'f')
    before = tf.split(layer(x), 2, -1)
    view = layer.weight_views(1)['gain']
    view.assign(3 * view.read())
    self.assertAllClose(
      layer(x), tf.concat([before[0], 3 * before[1]], -1), rtol=1e-5
    )

  def test_network(self):
    normal, reduce = (
      CellGenotype((Edge(a, 0, 2), Edge(b, 1, 2)), (2,))
      for a, b in (('user_stack', 'user_own'), ('user_plain', 'skip_connect'))
    )
    genotype = Genotype('user_space', {'normal': normal, 'reduce': reduce})
    network = Network(genotype, (8, 7, 3), 5, 4, 3, drop_path=True)
    inference = network(self.images)
    self.assertAllEqual(network(self.images), inference)
    self.assertNotAllEqual(network(self.images, training=True), inference)
    other = Network.from_config(network.get_config())
    other.set_weights(network.get_weights())
    self.assertAllEqual(other(self.images), network(self.images))
    self.assertLen(network.operation_weights(1, 0), 2)

  def test_a_wrong_shape_is_refused(self):
    space = SearchSpace(
      name='user_other',
      topology=TOPOLOGY,
      candidates=same_candidates(('user_cropped', 'none'), TOPOLOGY),
    )
    with self.assertRaisesRegex(
      InputError,
      r'must return a shape of \(8, 7, 4\) with stride 1\.'
      r' Received: shape=\(6, 5, 4\)',
    ):
      Supernet(space, (8, 7, 3), 5, 4, 3)

  def test_names_must_be_new_and_known(self):
    with self.assertRaisesRegex(
      InputError, "exists already.*Received: operation='none'"
    ):
      register_operation('none', plain)
    with self.assertRaisesRegex(
      InputError, "exists already.*Received: search_space='darts'"
    ):
      register_search_space(search_spaces['darts'])
    space = SearchSpace(
      name='user_other',
      topology=TOPOLOGY,
      candidates=same_candidates(('user_plan',), TOPOLOGY),
    )
    with self.assertRaisesRegex(
      InputError, 'Unknown operation.*Did you mean .user_plain'
    ):
      Supernet(space, (8, 7, 3), 5, 4, 3)


if __name__ == '__main__':
  tf.test.main()
