"""Supernets and networks of the spaces in which stability is studied."""

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from darts_tf.discretize import discretize, random_genotype
from darts_tf.genotype import Genotype
from darts_tf.models import Network, Supernet
from darts_tf.relaxation import Architecture, Softmax
from darts_tf.search_space import search_spaces

# Name, cells, edges of a cell, groups of cells that have alphas.
SPACES = (
  ('s1', 3, 14, 2),
  ('s2', 3, 14, 2),
  ('s3', 3, 14, 2),
  ('s4', 3, 14, 2),
  ('amended_s1', 3, 8, 2),
  ('amended_s2', 4, 8, 4),
)
WITHOUT_WEIGHTS = {'none', 'noise'}


def images(count=4):
  return (
    np.random.default_rng(0).normal(size=(count, 8, 8, 3)).astype('float32')
  )


class SearchSpacesTest(tf.test.TestCase, parameterized.TestCase):
  @parameterized.parameters(*SPACES)
  def test_supernet(self, name, cells, edges, groups):
    space = search_spaces[name]
    supernet = Supernet(space, (8, 8, 3), 5, 4, cells)
    self.assertEqual(supernet.groups, space.groups(cells))
    self.assertLen(supernet.groups, groups)
    architecture = Architecture(Softmax(), space, supernet.groups)
    architecture.initialize(0, scale=0.5)
    tensors = architecture.tensors()
    with tf.GradientTape() as tape:
      tape.watch(tensors)
      mixing = architecture.expected(tensors)
      logits = supernet(images(), mixing, training=True)
      loss = tf.reduce_mean(
        tf.nn.sparse_softmax_cross_entropy_with_logits(
          np.array([0, 4, 2, 2]), logits
        )
      )
    gradients = dict(zip(space.groups(cells), tape.gradient(loss, tensors)))
    self.assertTrue(np.isfinite(supernet(images(), mixing)).all())
    for group, kind in supernet.groups.items():
      mask = space.candidate_mask(kind)
      self.assertEqual(mask.shape[0], edges)
      weights = mixing[group].weights.numpy()
      self.assertAllClose(weights.sum(-1), np.ones(edges))
      self.assertAllEqual(weights > 0, mask)
      # Every alpha of the space matters, no other one does.
      self.assertAllEqual(gradients[group].numpy() != 0, mask)

  @parameterized.parameters(*SPACES)
  def test_weights_of_candidates(self, name, cells, edges, groups):
    del edges, groups
    space = search_spaces[name]
    supernet = Supernet(space, (8, 8, 3), 5, 4, cells)
    seen = {}
    for index, cell in enumerate(supernet.cells):
      for edge, names in enumerate(space.candidates[cell.plan.kind]):
        source = space.topology.edges[edge][0]
        halves = cell.plan.stride == 2 and source < 2
        for operation in names:
          views = supernet.operation_weights(index, edge, operation)
          empty = operation in WITHOUT_WEIGHTS or (
            operation == 'skip_connect' and not halves
          )
          self.assertEqual(not views, empty, (index, edge, operation))
          for key, view in views.items():
            if view.variable.trainable:
              place = (id(view.variable), view.start)
              self.assertNotIn(place, seen, key)
              seen[place] = (index, edge, operation)
    self.assertNotEmpty(seen)

  @parameterized.parameters(*SPACES)
  def test_network_of_a_genotype(self, name, cells, edges, groups):
    space = search_spaces[name]
    genotype = random_genotype(space, 1, cells)
    self.assertLen(genotype.cells, groups)
    kept = edges if space.inputs_per_node is None else 8
    for cell in genotype.cells.values():
      self.assertLen(cell.edges, kept)
    self.assertEqual(Genotype.from_json(genotype.to_json()), genotype)
    network = Network(
      genotype, (8, 8, 3), 5, 4, cells, auxiliary=True, drop_path=True
    )
    network.drop_path_rate.assign(0.3)
    for logits in network(images(), training=True):
      self.assertEqual(logits.shape, (4, 5))
      self.assertTrue(np.isfinite(logits).all())
    # Also where there is noise, a prediction is the image's alone.
    self.assertAllClose(network(images())[2:], network(images()[2:]), atol=1e-5)

  @parameterized.parameters(*SPACES)
  def test_equal_weights_give_the_first_candidates(
    self, name, cells, edges, groups
  ):
    del edges, groups
    space = search_spaces[name]
    kinds = space.groups(cells)
    weights = Architecture(Softmax(), space, kinds).weights()
    genotype = discretize(space, weights, kinds)
    for group, cell in genotype.cells.items():
      for edge in cell.edges:
        index = space.topology.edges.index((edge.source, edge.target))
        names = space.candidates[kinds[group]][index]
        self.assertEqual(edge.operation, next(n for n in names if n != 'none'))


if __name__ == '__main__':
  tf.test.main()
