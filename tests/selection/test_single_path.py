"""An architecture as mixing weights, and the supernet that runs it."""

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from darts_tf.discretize import random_genotype
from darts_tf.genotype import CellGenotype, Genotype
from darts_tf.layers.form import SupernetForm
from darts_tf.models import Supernet
from darts_tf.search.select import PathEvaluation
from darts_tf.search_space import search_spaces
from darts_tf.selection.single_path import single_path

DARTS = search_spaces['darts']


class SinglePathTest(parameterized.TestCase, tf.test.TestCase):
  @parameterized.parameters('darts', 'nas_bench_201', 'amended_s2')
  def test_weights(self, name):
    space = search_spaces[name]
    kinds = space.groups(space.default_cells)
    genotype = random_genotype(space, 3)
    mixing = single_path(space, kinds, genotype)
    self.assertCountEqual(mixing, kinds)
    for group, (weights, scale, selected) in mixing.items():
      self.assertIsNone(scale)
      edges = genotype.cells[group].edges
      self.assertEqual(weights.sum(), len(edges))
      for edge in edges:
        row = space.topology.edges.index((edge.source, edge.target))
        names = space.candidates[kinds[group]][row]
        self.assertEqual(names[selected[row]], edge.operation)
        self.assertEqual(weights[row, selected[row]], 1)

  @parameterized.parameters('all', 'selected')
  def test_operations_that_are_not_there_have_no_say(self, paths):
    """Only weights of the architecture's own operations change the logits."""
    space = search_spaces['nas_bench_201']
    supernet = Supernet(
      space, (8, 8, 3), 4, 4, 1, form=SupernetForm(paths=paths)
    )
    edges = [('nor_conv_1x1', 0, 1), ('skip_connect', 1, 3)]
    genotype = Genotype(
      space.name, {'normal': CellGenotype(edges, space.topology.output)}
    )
    images = np.random.default_rng(0).normal(size=(6, 8, 8, 3))
    images = images.astype(np.float32)
    labels = np.arange(6) % 4
    batches = tf.data.Dataset.from_tensors(
      (images, labels.astype(np.int32), np.ones(6, np.float32))
    )
    evaluate = PathEvaluation(supernet, batches)
    mixing = single_path(space, supernet.groups, genotype)
    before = evaluate(mixing)
    cell = supernet.cells[0]
    scale = lambda edge, name: [
      view.assign(view.read() + 1)
      for view in cell.weight_views(edge, name).values()
    ]
    edge = space.topology.edges.index((0, 1))
    scale(edge, 'nor_conv_3x3')
    scale(space.topology.edges.index((2, 3)), 'nor_conv_1x1')
    self.assertEqual(evaluate(mixing), before)
    scale(edge, 'nor_conv_1x1')
    self.assertNotEqual(evaluate(mixing), before)

  def test_averages_and_rates_stay(self):
    supernet = Supernet(
      DARTS, (8, 8, 3), 4, 2, 3, auxiliary=True, drop_path=True
    )
    supernet.drop_path_rate.assign(0.5)
    genotype = random_genotype(DARTS, 1)
    images = np.ones((4, 8, 8, 3), np.float32)
    batches = tf.data.Dataset.from_tensors(
      (images, np.zeros(4, np.int32), np.ones(4, np.float32))
    )
    kept = [v for v in supernet.non_trainable_variables if 'float' in v.dtype]
    before = [v.numpy() for v in kept]
    evaluate = PathEvaluation(supernet, batches)
    mixing = single_path(DARTS, supernet.groups, genotype)
    # No edge is dropped: twice the same.
    self.assertEqual(evaluate(mixing), evaluate(mixing))
    for variable, value in zip(kept, before):
      self.assertAllEqual(variable, value)


if __name__ == '__main__':
  tf.test.main()
