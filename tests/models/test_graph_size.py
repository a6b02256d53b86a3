"""Graphs grow with the kinds of edges, not with their number."""

import tensorflow as tf

from darts_tf.layers.mixing_weights import MixingWeights
from darts_tf.models.supernet import Supernet
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


class GraphSizeTest(tf.test.TestCase):
  def test_more_cells_of_one_kind(self):
    few, many = _graph(3), _graph(9)
    functions = [
      {
        op.get_attr('f').name
        for op in graph.get_operations()
        if 'PartitionedCall' in op.type
      }
      for graph in (few, many)
    ]
    # The functions of a kind: what edges share, and one edge, in three sizes;
    # forward and backward.
    self.assertLen(functions[0], len(functions[1]))
    self.assertLess(len(functions[1]), 30)
    sizes = [len(graph.get_operations()) for graph in (few, many)]
    self.assertLess((sizes[1] - sizes[0]) / 6, 250)


if __name__ == '__main__':
  tf.test.main()
