"""Drop path, alone and in a cell."""

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from darts_tf.genotype import CellGenotype, Edge
from darts_tf.layers import DiscreteCell, DropPath, MixedCell, ReLUConvBN
from darts_tf.search_space import CellPlan, CellTopology, OperationStyle

STYLE = OperationStyle(affine=True)
TOPOLOGY = CellTopology.dense(num_inputs=2, num_nodes=1)


class DropPathTest(tf.test.TestCase, parameterized.TestCase):
  @parameterized.parameters('float32', 'float64', 'float16', 'bfloat16')
  def test_drops_whole_images_and_keeps_the_mean(self, dtype):
    x = tf.ones([20000, 1, 2, 3], dtype)
    (factor,) = DropPath(seed=0, dtype=dtype)(x, tf.constant(0.25))
    self.assertEqual(factor.dtype, x.dtype)
    y = tf.cast(x * factor, tf.float64).numpy()
    # All pixels of an image share its fate.
    self.assertAllEqual(y, np.broadcast_to(y[:, :1, :1, :1], y.shape))
    fates = y[:, 0, 0, 0]
    self.assertAllClose(np.unique(fates), [0, 4 / 3], atol=1e-2)
    self.assertAllClose(fates.mean(), 1, atol=0.03)
    self.assertAllClose(np.mean(fates == 0), 0.25, atol=0.02)

  def test_rate_zero_changes_nothing(self):
    for factor in DropPath(3)(tf.ones([50, 2, 2, 1]), tf.constant(0.0)):
      self.assertAllEqual(factor, tf.ones([50, 1, 1, 1]))

  def test_paths_are_dropped_independently(self):
    first, second = DropPath(2, seed=0)(
      tf.ones([5000, 1, 1, 1]), tf.constant(0.5)
    )
    both = np.mean((first.numpy() > 0) & (second.numpy() > 0))
    self.assertAllClose(both, 0.25, atol=0.03)

  def test_each_call_draws_anew_and_a_seed_repeats(self):
    x = tf.ones([200, 1, 1, 1])
    layer, same, other = DropPath(seed=1), DropPath(seed=1), DropPath(seed=2)
    first = layer(x, tf.constant(0.5))
    self.assertNotAllEqual(layer(x, tf.constant(0.5)), first)
    self.assertAllEqual(same(x, tf.constant(0.5)), first)
    self.assertNotAllEqual(other(x, tf.constant(0.5)), first)

  def test_layers_draw_independently(self):
    x = tf.ones([200, 1, 1, 1])
    draws = [DropPath()(x, tf.constant(0.5)) for _ in range(2)]
    self.assertNotAllEqual(*draws)

  def test_draws_in_a_compiled_function(self):
    layer = DropPath(seed=1)
    step = tf.function(layer.call, autograph=False)
    x = tf.ones([200, 1, 1, 1])
    draws = [step(x, tf.constant(0.5)) for _ in range(2)]
    self.assertNotAllEqual(*draws)


class DroppedOperationsTest(tf.test.TestCase, parameterized.TestCase):
  def cell(self, operations, stride):
    genotype = CellGenotype(
      tuple(Edge(name, source, 2) for source, name in enumerate(operations)),
      (2,),
    )
    cell = DiscreteCell(
      CellPlan(0, 'normal', 4, stride),
      genotype,
      TOPOLOGY,
      [ReLUConvBN(4, style=STYLE), ReLUConvBN(4, style=STYLE)],
      STYLE,
      drop_path=True,
    )
    cell.build([(None, 8, 8, 3), (None, 8, 8, 5)])
    rng = np.random.default_rng(0)
    self.inputs = [
      tf.constant(rng.normal(size=(32, 8, 8, c)), tf.float32) for c in (3, 5)
    ]
    return cell

  def dropped(self, cell, training=True):
    """Share of the images whose output is zero at a rate of one half."""
    y = cell(
      self.inputs, drop_path_rate=tf.constant(0.5), training=training
    ).numpy()
    return np.mean(np.all(y == 0, (1, 2, 3)))

  @parameterized.parameters(
    (('skip_connect', 'none'), 1), (('none', 'skip_connect'), 1)
  )
  def test_the_identity_is_never_dropped(self, operations, stride):
    cell = self.cell(operations, stride)
    self.assertEqual(self.dropped(cell), 0)
    self.assertAllClose(
      cell(self.inputs, drop_path_rate=tf.constant(0.5), training=True),
      cell(self.inputs, training=True),
      rtol=1e-5,
    )

  @parameterized.parameters(
    (('skip_connect', 'none'), 2),
    (('none', 'sep_conv_3x3'), 1),
    (('max_pool_3x3', 'none'), 1),
    (('none', 'avg_pool_3x3'), 2),
  )
  def test_other_operations_are_dropped_in_training(self, operations, stride):
    cell = self.cell(operations, stride)
    self.assertBetween(self.dropped(cell), 0.2, 0.8)
    self.assertEqual(self.dropped(cell, training=False), 0)

  def test_operations_are_dropped_independently(self):
    cell = self.cell(('max_pool_3x3', 'avg_pool_3x3'), 1)
    without = cell(self.inputs, training=True)
    y = cell(self.inputs, drop_path_rate=tf.constant(0.5), training=True)
    # Both kept: twice the plain sum; both dropped: zero; else neither.
    both = np.mean(np.all(np.isclose(y, 2 * without, atol=1e-4), (1, 2, 3)))
    neither = np.mean(np.all(y.numpy() == 0, (1, 2, 3)))
    self.assertBetween(both, 0.02, 0.6)
    self.assertBetween(neither, 0.02, 0.6)
    self.assertLess(both + neither, 0.9)


class DroppedEdgesTest(tf.test.TestCase, parameterized.TestCase):
  """In the supernet the sum over candidates is dropped as a whole."""

  def cell(self, stride, drop_path=True):
    tf.keras.utils.set_random_seed(0)
    cell = MixedCell(
      CellPlan(0, 'normal', 4, stride),
      TOPOLOGY,
      (('skip_connect', 'sep_conv_3x3'),) * 2,
      [ReLUConvBN(4, style=STYLE), ReLUConvBN(4, style=STYLE)],
      STYLE,
      drop_path=drop_path,
    )
    cell.build([(None, 8, 8, 3), (None, 8, 8, 5)])
    rng = np.random.default_rng(0)
    self.inputs = [
      tf.constant(rng.normal(size=(64, 8, 8, c)), tf.float32) for c in (3, 5)
    ]
    return cell

  def outputs(self, cell, weights):
    """Without drop path, and in training at a rate of one half."""
    weights = tf.constant(weights)
    return [
      cell(self.inputs, weights, drop_path_rate=rate, training=True).numpy()
      for rate in (None, tf.constant(0.5))
    ]

  @parameterized.parameters(1, 2)
  def test_an_edge_is_kept_twice_as_strong_or_dropped(self, stride):
    cell = self.cell(stride)
    for weights in ([[1.0, 0.0], [0.0, 0.0]], [[0.3, 0.7], [0.0, 0.0]]):
      plain, dropped = self.outputs(cell, weights)
      zero = np.all(dropped == 0, (1, 2, 3))
      twice = np.all(np.isclose(dropped, 2 * plain, atol=1e-4), (1, 2, 3))
      self.assertAllEqual(zero | twice, np.ones(64, bool))
      # 64 draws of 1/2: 32 +- 4.
      self.assertBetween(zero.sum(), 12, 52)

  def test_edges_are_dropped_independently(self):
    plain, dropped = self.outputs(self.cell(1), [[0.3, 0.7], [0.6, 0.4]])
    both = np.all(np.isclose(dropped, 2 * plain, atol=1e-4), (1, 2, 3))
    neither = np.all(dropped == 0, (1, 2, 3))
    self.assertBetween(both.sum(), 4, 32)  # 64 draws of 1/4: 16 +- 3.5.
    self.assertBetween(neither.sum(), 4, 32)

  def test_nothing_is_dropped_in_inference(self):
    cell = self.cell(1)
    weights = tf.fill([2, 2], 0.5)
    self.assertAllEqual(
      cell(self.inputs, weights, drop_path_rate=tf.constant(0.5)),
      cell(self.inputs, weights),
    )

  def test_a_cell_without_drop_path_has_no_state_of_draws(self):
    with_draws, without = (self.cell(1, drop_path=x) for x in (True, False))
    self.assertEqual(len(with_draws.variables) - len(without.variables), 1)


if __name__ == '__main__':
  tf.test.main()
