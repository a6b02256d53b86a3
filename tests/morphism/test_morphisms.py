import dataclasses

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from darts_tf.config.errors import InputError
from darts_tf.genotype.parameterized import Convolution, Pooling, parse
from darts_tf.layers.copies import build_operation
from darts_tf.morphism import Growth, children, closure, morphisms
from darts_tf.search_space import OperationStyle, search_spaces

_CHANNELS = 4
_STYLES = (
  OperationStyle(dtype='float64'),
  OperationStyle(affine=True, dtype='float64'),
)
# Each kind of parent that the morphisms treat differently.
_PARENTS = (
  Convolution(3),
  Convolution(5, 2),
  Convolution(3, 1, (1,)),
  Convolution(5, 2, (2, 1)),
  Convolution(3, 1, (2, 2, 3)),
)
_UNRESTRICTED = Growth((1, 9), (1, 3), None, None)


def build(operation, style, stride=1, copies=1):
  layer = build_operation(
    operation.name, _CHANNELS, stride, style, copies, activate=True
  )
  layer.build((None, 8, 8, _CHANNELS))
  return layer


def images():
  draw = np.random.default_rng(0)
  return tf.constant(draw.standard_normal([6, 8, 8, _CHANNELS]))


def randomize(layer, seed=0):
  """Values as after some training, also of statistics and offsets."""
  draw = np.random.default_rng(seed)
  for variable in layer.variables:
    positive = variable.name in ('moving_variance', 'gamma')
    values = draw.standard_normal(variable.shape)
    variable.assign(0.5 + np.abs(values) if positive else values)


def read(layer, copy=0):
  return {name: view.read() for name, view in layer.weight_views(copy).items()}


def assign(layer, weights, copy=0):
  views = layer.weight_views(copy)
  assert set(views) == set(weights), (set(views), set(weights))
  for name, view in views.items():
    view.assign(weights[name])


class NamesTest(parameterized.TestCase):
  @parameterized.parameters(
    ('conv_k3_d1', Convolution(3)),
    ('conv_k5_d1_m2-1', Convolution(5, 1, (2, 1))),
    ('conv_k11_d12_m10', Convolution(11, 12, (10,))),
    ('max_pool_5x5', Pooling('max', 5)),
    ('avg_pool_3x3', Pooling('avg', 3)),
  )
  def test_parse_back(self, name, operation):
    self.assertEqual(parse(name), operation)
    self.assertEqual(operation.name, name)

  @parameterized.parameters(
    'conv_k3',
    'conv_k03_d1',
    'conv_k3_d1_m',
    'conv_k3_d1_m2-',
    'conv_k3_d0',
    'conv_k3_d1_m0',
    'max_pool_3x5',
    'sep_conv_3x3',
    'conv_k3_d1 ',
    '',
  )
  def test_other_names(self, name):
    self.assertIsNone(parse(name))

  @parameterized.parameters('conv_k4_d1', 'max_pool_2x2')
  def test_even_kernels(self, name):
    with self.assertRaisesRegex(InputError, 'odd size.*Received: kernel='):
      parse(name)

  @parameterized.parameters((3, 0, ()), (3, 1, (0,)), (3, 1, (2, -1)))
  def test_numbers_below_one(self, *numbers):
    with self.assertRaisesRegex(InputError, 'Received: dilation='):
      Convolution(*numbers)


class ClosureTest(parameterized.TestCase):
  @parameterized.parameters(
    ('prune_replace_dl', 12, 12),
    ('prune_replace_dr', 32, 36),
    ('prune_replace_ur', 73, 80),
  )
  def test_published_counts(self, name, count, with_dilated_1x1):
    growth = search_spaces[name].growth
    self.assertLen(closure(Convolution(3), growth, 5), count)
    growth = dataclasses.replace(growth, dilated_1x1=True)
    self.assertLen(closure(Convolution(3), growth, 5), with_dilated_1x1)

  def test_numbers_of_cells(self):
    # Pairs of inputs of four nodes, times the operations of eight edges; DL
    # has two pools and a skip connection beside its convolutions.
    space = search_spaces['prune_replace_dl']
    inputs = np.prod([n * (n - 1) // 2 for n in range(2, 6)])
    self.assertEqual(inputs, 180)
    darts = len(search_spaces['darts'].operations())
    self.assertAlmostEqual(inputs * darts**8 / 1e9, 3.0, delta=0.05)
    operations = len(closure(Convolution(3), space.growth, 5)) + 3
    self.assertAlmostEqual(inputs * operations**8 / 1e11, 4.6, delta=0.05)

  def test_children_obey_the_space(self):
    growth = search_spaces['prune_replace_dl'].growth
    self.assertEqual(
      [(m.name, child.name) for m, child in children(Convolution(3), growth)],
      [
        ('larger_kernel', 'conv_k5_d1'),
        ('larger_dilation', 'conv_k3_d2'),
        ('inserted_unit', 'conv_k3_d1_m1'),
      ],
    )
    growth = search_spaces['prune_replace_ur'].growth
    self.assertCountEqual(
      [child.name for _, child in children(Convolution(5, 2, (2, 1)), growth)],
      [
        'conv_k7_d2_m2-1',
        'conv_k3_d2_m2-1',
        'conv_k5_d1_m2-1',
        'conv_k5_d2_m2-1-1',
        'conv_k5_d2_m2-2',
      ],
    )

  def test_no_dilated_1x1(self):
    growth = search_spaces['prune_replace_ur'].growth
    names = [child.name for _, child in children(Convolution(3, 2), growth)]
    self.assertNotIn('conv_k1_d2', names)
    names = [child.name for _, child in children(Convolution(1), growth)]
    self.assertNotIn('conv_k1_d2', names)


class MorphismsTest(parameterized.TestCase, tf.test.TestCase):
  def pairs(self, parent):
    return list(children(parent, _UNRESTRICTED))

  @parameterized.product(
    parent=_PARENTS, style=_STYLES, stride=(1, 2), training=(False, True)
  )
  def test_outputs(self, parent, style, stride, training):
    before = build(parent, style, stride)
    randomize(before)
    x, weights = images(), read(before)
    expected = before(x, training=training)
    kept = {name: array.copy() for name, array in weights.items()}
    for morphism, child in self.pairs(parent):
      after = build(child, style, stride)
      operation, new = morphism(parent, weights, np.random.default_rng(1))
      self.assertEqual(operation, child)
      assign(after, new)
      output = after(x, training=training)
      if morphism.preserves:
        self.assertAllClose(output, expected, rtol=0, atol=1e-9)
      else:
        self.assertNotAllClose(output, expected, atol=1e-3)
    # Nothing of the parent was changed.
    for name, array in kept.items():
      self.assertAllEqual(weights[name], array)

  def test_preserving_ones(self):
    self.assertEqual(
      [name for name in morphisms if morphisms[name].preserves],
      ['larger_kernel', 'wider_expansion'],
    )

  @parameterized.parameters(*_PARENTS)
  def test_one_of_several_edges(self, parent):
    style, x = _STYLES[0], images()
    before = build(parent, style, copies=3)
    randomize(before)
    for morphism, child in self.pairs(parent):
      after = build(child, style, copies=3)
      for copy, place in ((0, 2), (1, 0), (2, 1)):
        _, new = morphism(parent, read(before, copy), np.random.default_rng(1))
        assign(after, new, place)
      if morphism.preserves:
        first, second, third = tf.split(before(x, training=True), 3, -1)
        self.assertAllClose(
          tf.concat([second, third, first], -1),
          after(x, training=True),
          rtol=0,
          atol=1e-9,
        )

  def test_appended_unit_is_the_rectified_and_normalized_output(self):
    parent = Convolution(3, 1, (1,))
    before = build(parent, _STYLES[0])
    randomize(before)
    child, weights = morphisms['inserted_unit'](
      parent, read(before), np.random.default_rng(1)
    )
    after = build(child, _STYLES[0])
    assign(after, weights)
    x = images()
    # With its first statistics, 0 and 1, the normalization does nothing.
    self.assertAllClose(
      after(x, training=False), tf.nn.relu(before(x, training=False)), rtol=1e-4
    )
    y = tf.nn.relu(before(x, training=True))
    mean, variance = tf.nn.moments(y, [0, 1, 2])
    self.assertAllClose(
      after(x, training=True), (y - mean) / tf.sqrt(variance + 1e-5), rtol=1e-9
    )

  def test_new_channels_can_learn(self):
    parent = Convolution(3, 1, (1,))
    before = build(parent, _STYLES[0])
    child, weights = morphisms['wider_expansion'](
      parent, read(before), np.random.default_rng(1)
    )
    after = build(child, _STYLES[0])
    assign(after, weights)
    x, target = (
      images(),
      np.random.default_rng(2).standard_normal([6, 8, 8, _CHANNELS]),
    )
    with tf.GradientTape() as tape:
      loss = tf.reduce_sum(tf.square(after(x, training=True) - target))
    gradients = tape.gradient(loss, after.trainable_variables)
    of = {v.name: g for v, g in zip(after.trainable_variables, gradients)}
    self.assertGreater(np.abs(of['pointwise_1'][0, 0, _CHANNELS:]).min(), 0)

  def test_kernels_are_those_of_a_fresh_layer(self):
    parent = Convolution(3, 1, (1,))
    new = morphisms['wider_expansion'](
      parent, read(build(parent, _STYLES[0])), np.random.default_rng(1)
    )[1]
    # U(-1/sqrt(n), 1/sqrt(n)): see `uniform_fan_in`.
    self.assertLess(np.abs(new['depthwise_1'][:, :, 4:]).max(), 1 / 3)
    self.assertGreater(np.abs(new['depthwise_1'][:, :, 4:]).max(), 0.3)
    self.assertLess(np.abs(new['pointwise_0'][..., 4:]).max(), 1 / 2)


class GrowthTest(parameterized.TestCase):
  @parameterized.parameters(
    ({'kernels': (5, 3)}, r'smallest first.* kernels=\(5, 3\)'),
    ({'dilations': (0, 2)}, r'dilations=\(0, 2\)'),
    ({'max_extra_units': -1}, 'max_extra_units=-1'),
    ({'max_width': 0}, 'max_width=0'),
  )
  def test_restrictions_that_exclude_everything(self, restriction, message):
    with self.assertRaisesRegex(InputError, message):
      Growth(**restriction)


if __name__ == '__main__':
  tf.test.main()
