"""Cells: how edges and nodes are put together."""

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from darts_tf.genotype import CellGenotype, Edge
from darts_tf.layers import DiscreteCell, MixedCell, ReLUConvBN
from darts_tf.search_space import (
  CellPlan,
  CellTopology,
  OperationStyle,
  same_candidates,
)

STYLE = OperationStyle(pool_norm=True, dtype='float64')
NAMES = ('none', 'max_pool_3x3', 'skip_connect', 'sep_conv_3x3', 'dil_conv_3x3')
INPUTS = [(None, 7, 8, 3), (None, 7, 8, 6)]


def preprocess():
  return [ReLUConvBN(4, style=STYLE), ReLUConvBN(4, style=STYLE)]


class CellsTest(tf.test.TestCase, parameterized.TestCase):
  def images(self):
    rng = np.random.default_rng(0)
    return [tf.constant(rng.normal(size=(2, *shape[1:]))) for shape in INPUTS]

  @parameterized.product(
    stride=(1, 2),
    topology=(
      CellTopology.dense(2, 3),
      # Fixed edges: node 3 has one input, node 4 skips nodes.
      CellTopology(2, 3, ((0, 2), (1, 2), (2, 3), (0, 4), (3, 4)), (3, 4)),
    ),
  )
  def test_one_operation_an_edge_equals_the_discrete_cell(
    self, stride, topology
  ):
    plan = CellPlan(0, 'normal', 4, stride)
    mixed = MixedCell(
      plan,
      topology,
      same_candidates(NAMES, topology)['normal'],
      preprocess(),
      STYLE,
    )
    mixed.build(INPUTS)
    choices = [(2 * e + 1) % len(NAMES) for e in range(len(topology.edges))]
    genotype = CellGenotype(
      tuple(Edge(NAMES[k], *edge) for k, edge in zip(choices, topology.edges)),
      topology.output,
    )
    discrete = DiscreteCell(plan, genotype, topology, preprocess(), STYLE)
    discrete.build(INPUTS)
    for mine, other in zip(discrete.preprocess, mixed.preprocess):
      mine.set_weights(other.get_weights())
    for e, k in enumerate(choices):
      views = mixed.weight_views(e, NAMES[k])
      for name, view in discrete.weight_views(e).items():
        view.assign(views[name].read())
    weights = tf.one_hot(choices, len(NAMES), dtype=tf.float64)
    images = self.images()
    for training in (True, False):
      expected = discrete(images, training=training)
      actual = mixed(images, weights, training=training)
      self.assertAllClose(actual, expected, rtol=1e-9, atol=1e-9)
      self.assertEqual(
        mixed.compute_output_shape(INPUTS)[1:], tuple(expected.shape)[1:]
      )
      self.assertEqual(
        discrete.compute_output_shape(INPUTS)[1:], tuple(expected.shape)[1:]
      )

  @parameterized.parameters(1, 2)
  def test_a_node_without_edges_is_zero(self, stride):
    topology = CellTopology.dense(2, 2)
    genotype = CellGenotype((Edge('skip_connect', 0, 3),), (2, 3))
    cell = DiscreteCell(
      CellPlan(0, 'normal', 4, stride), genotype, topology, preprocess(), STYLE
    )
    cell.build(INPUTS)
    y = cell(self.images(), training=True).numpy()
    self.assertAllEqual(y[..., :4], np.zeros_like(y[..., :4]))
    self.assertNotAllEqual(y[..., 4:], np.zeros_like(y[..., :4]))


if __name__ == '__main__':
  tf.test.main()
