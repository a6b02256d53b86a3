"""Graphs grow with the kinds of edges, not with their number."""

import tensorflow as tf

from darts_tf.genotype import load_genotype
from darts_tf.layers.mixing_weights import MixingWeights
from darts_tf.models.network import Network
from darts_tf.models.supernet import Supernet
from darts_tf.optimizers import SGD
from darts_tf.search_space.nas_bench_201 import NAS_BENCH_201

EDGES = len(NAS_BENCH_201.topology.edges)


def _graph(cells: int) -> tf.Graph:
  """The graph of a loss and its gradient by all weights."""
  supernet = Supernet(NAS_BENCH_201, (8, 8, 3), 5, 4, cells)

  @tf.function(autograph=False)
  def run(images, weights):
    with tf.GradientTape() as tape:
      mixing = {'normal': MixingWeights(weights)}
      loss = tf.reduce_sum(supernet(images, mixing, training=True) ** 2)
    return tape.gradient(loss, supernet.trainable_variables)

  return run.get_concrete_function(
    tf.ones([2, 8, 8, 3]), tf.ones([EDGES, 5]) / 5
  ).graph


def _training_graph(cells: int) -> tf.Graph:
  """The graph of a training step."""
  network = Network(load_genotype('DARTS_V2'), (16, 16, 3), 5, 4, cells)
  network.compile(SGD(momentum=0.9), 'sparse_categorical_crossentropy')
  network.optimizer.build(network.trainable_variables)
  return network.training_graph((tf.ones([2, 16, 16, 3]), tf.zeros([2])))


def _functions(graph: tf.Graph) -> set[str]:
  """The names of the functions that a graph calls."""
  return {
    op.get_attr('f').name
    for op in graph.get_operations()
    if 'PartitionedCall' in op.type
  }


class GraphSizeTest(tf.test.TestCase):
  def test_more_cells_of_one_kind(self):
    few, many = _graph(3), _graph(9)
    functions = [_functions(graph) for graph in (few, many)]
    # The functions of a kind: what edges share, and one edge, in three sizes;
    # forward and backward.
    self.assertLen(functions[0], len(functions[1]))
    self.assertLess(len(functions[1]), 30)
    sizes = [len(graph.get_operations()) for graph in (few, many)]
    self.assertLess((sizes[1] - sizes[0]) / 6, 250)

  def test_more_cells_of_a_retraining(self):
    few, many = _training_graph(16), _training_graph(25)
    self.assertLen(_functions(many), len(_functions(few)))
    sizes = [len(graph.get_operations()) for graph in (few, many)]
    # A call forward and one backward, two variables and their update.
    self.assertLess((sizes[1] - sizes[0]) / 9, 60)


if __name__ == '__main__':
  tf.test.main()
