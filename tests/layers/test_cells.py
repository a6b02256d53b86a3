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
  def test_missing_nodes_are_left_out(self, stride):
    topology = CellTopology.dense(2, 4)
    edges = (
      Edge('sep_conv_3x3', 0, 2),
      Edge('skip_connect', 2, 3),
      Edge('sep_conv_3x3', 4, 5),
    )

    def make(edges, output):
      cell = DiscreteCell(
        CellPlan(0, 'normal', 4, stride),
        CellGenotype(edges, output),
        topology,
        preprocess(),
        STYLE,
      )
      cell.build(INPUTS)
      return cell

    # Nothing leads to node 4, which is all that node 5 reads.
    cell = make(edges, (2, 3, 4, 5))
    alone = make(edges[:2], (2, 3))
    self.assertLen(cell.weights, len(alone.weights))
    alone.set_weights(cell.get_weights())
    y = cell(self.images(), training=True)
    self.assertAllEqual(y, alone(self.images(), training=True))
    self.assertEqual(y.shape[-1], 2 * 4)
    self.assertEqual(cell.compute_output_shape(INPUTS)[1:], tuple(y.shape)[1:])
    # Weights are found by positions in the genotype.
    self.assertNotEmpty(cell.weight_views(0))
    self.assertEqual(cell.weight_views(2), {})

  @parameterized.parameters(1, 2)
  def test_two_operations_between_the_same_nodes_add_up(self, stride):
    def make(*names):
      cell = DiscreteCell(
        CellPlan(0, 'normal', 4, stride),
        CellGenotype(tuple(Edge(name, 0, 2) for name in names), (2,)),
        CellTopology.dense(2, 1),
        preprocess(),
        STYLE,
      )
      cell.build(INPUTS)
      return cell

    both = make('sep_conv_3x3', 'max_pool_3x3')
    apart = [make('sep_conv_3x3'), make('max_pool_3x3')]
    for cell in apart:
      for mine, other in zip(cell.preprocess, both.preprocess):
        mine.set_weights(other.get_weights())
    for name, view in apart[0].weight_views(0).items():
      view.assign(both.weight_views(0)[name].read())
    images = self.images()
    self.assertAllClose(
      both(images), sum(cell(images) for cell in apart), rtol=1e-12, atol=1e-12
    )


if __name__ == '__main__':
  tf.test.main()
