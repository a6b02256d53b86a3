"""Cells: how edges and nodes are put together."""

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from darts_tf.genotype import CellGenotype, Edge
from darts_tf.graph.shared_functions import SharedFunctions
from darts_tf.layers import DiscreteCell, Identity, MixedCell, ReLUConvBN
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


def copy_weights(source, target):
  for name, view in target.weight_views().items():
    view.assign(source.weight_views()[name].read())


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
      copy_weights(other, mine)
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
        copy_weights(other, mine)
    for name, view in apart[0].weight_views(0).items():
      view.assign(both.weight_views(0)[name].read())
    images = self.images()
    self.assertAllClose(
      both(images), sum(cell(images) for cell in apart), rtol=1e-12, atol=1e-12
    )

  def test_what_reads_a_node_shares_a_relu(self):
    topology = CellTopology.dense(2, 2)
    edges = tuple(
      Edge(name, *edge)
      for name, edge in zip(
        (NAMES[3], NAMES[4], NAMES[3], NAMES[2], NAMES[0]), topology.edges
      )
    )
    cell = DiscreteCell(
      CellPlan(0, 'normal', 4, 1),
      CellGenotype(edges, topology.output),
      topology,
      preprocess(),
      STYLE,
    )
    cell.build(INPUTS)

    @tf.function
    def run(inputs):
      return cell(inputs, training=False)

    types = lambda: [
      op.type
      for op in run.get_concrete_function(self.images()).graph.get_operations()
    ]
    # Two of the inputs, two of the nodes that two convolutions read, and one
    # inside each separable convolution.
    self.assertEqual(types().count('Relu'), 6)
    before = run(self.images())
    cell.leave_relu_to_caller()
    self.assertTrue(cell.rectified)
    run = tf.function(lambda inputs: cell(inputs, training=False))
    self.assertEqual(types().count('Relu'), 4)
    self.assertAllEqual(run([tf.nn.relu(x) for x in self.images()]), before)

  def test_inputs_without_a_relu_are_not_rectified(self):
    cell = DiscreteCell(
      CellPlan(0, 'normal', 4, 1),
      CellGenotype((Edge('sep_conv_3x3', 0, 1),), (1,)),
      CellTopology(1, 1, ((0, 1),), (1,)),
      [Identity(4, style=STYLE)],
      STYLE,
    )
    cell.leave_relu_to_caller()
    self.assertFalse(cell.rectified)

  def test_equal_cells_share_functions_that_compute_the_same(self):
    topology = CellTopology.dense(2, 2)
    edges = tuple(
      Edge(name, *edge)
      for name, edge in zip(
        ('sep_conv_3x3', 'max_pool_3x3', 'skip_connect', 'dil_conv_3x3'),
        topology.edges,
      )
    )
    make = lambda channels=4: DiscreteCell(
      CellPlan(0, 'normal', channels, 1),
      CellGenotype(edges, topology.output),
      topology,
      [ReLUConvBN(channels, style=STYLE) for _ in range(2)],
      STYLE,
      drop_path=True,
    )
    cells = [make(), make(), make(8)]
    for cell in cells:
      cell.build(INPUTS)
    self.assertEqual(cells[0].computation, cells[1].computation)
    self.assertNotEqual(cells[0].computation, cells[2].computation)

    def run():
      outputs = []
      for cell in cells[:2]:
        with tf.GradientTape() as tape:
          y = cell(
            self.images(),
            drop_path_rate=tf.constant(0.3, tf.float64),
            training=True,
          )
          loss = tf.reduce_sum(y**3)
        outputs += [y, *tape.gradient(loss, cell.trainable_variables)]
      return outputs

    states = [v.numpy() for cell in cells for v in cell.variables]
    expected = run()
    moved = [v.numpy() for cell in cells for v in cell.variables]
    for variable, state in zip(
      (v for cell in cells for v in cell.variables), states, strict=True
    ):
      variable.assign(state)
    functions = SharedFunctions()
    for cell in cells:
      cell.functions = functions
    shared = tf.function(run, autograph=False)
    graph = shared.get_concrete_function().graph
    calls = [op for op in graph.get_operations() if 'Call' in op.type]
    self.assertLen(calls, 4)
    self.assertLen({op.get_attr('f').name for op in calls}, 2)
    for mine, other in zip(shared(), expected, strict=True):
      self.assertAllClose(mine, other, rtol=1e-12, atol=1e-12)
    for variable, state in zip(
      (v for cell in cells for v in cell.variables), moved, strict=True
    ):
      self.assertAllClose(variable, state, rtol=1e-12, atol=1e-12)


if __name__ == '__main__':
  tf.test.main()
