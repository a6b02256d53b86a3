"""The supernet: both forms of normalization, one-hot mixing, sizes."""

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from darts_tf.errors import InputError
from darts_tf.genotype import CellGenotype, Edge, Genotype
from darts_tf.layers import BatchNorm, MixingWeights
from darts_tf.models import Network, Supernet
from darts_tf.search_space import search_spaces


def random_mixing(supernet, seed=0):
  rng = np.random.default_rng(seed)
  space = supernet.space
  return {
      group: MixingWeights(tf.nn.softmax(tf.constant(
          rng.normal(size=space.candidate_mask(kind).shape),
          supernet.variable_dtype)))
      for group, kind in supernet.groups.items()}


class SupernetTest(tf.test.TestCase, parameterized.TestCase):

  def test_fused_form_equals_plain_form(self):
    tf.keras.utils.set_random_seed(1)
    supernet = Supernet(search_spaces['darts'], (8, 8, 3), 10, 4, 3)
    rng = np.random.default_rng(0)
    x = tf.constant(rng.normal(size=(8, 8, 8, 3)), tf.float32)
    labels = tf.constant(rng.integers(10, size=8))
    norms = [layer for layer in supernet._flatten_layers()
             if isinstance(layer, BatchNorm)]
    self.assertGreater(len(norms), 100)
    results = []
    for fused in (True, False):
      for layer in norms:
        layer.fused = fused
      mixing = random_mixing(supernet)
      alphas = [m.weights for m in mixing.values()]
      with tf.GradientTape() as tape:
        tape.watch(alphas)
        logits = supernet(x, mixing, training=True)
        loss = tf.reduce_mean(
            tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits))
      gradients = tape.gradient(
          loss, alphas + supernet.trainable_variables)
      self.assertNotIn(None, gradients)
      results.append([
          logits, *map(tf.convert_to_tensor, gradients[:2]),
          tf.concat([tf.reshape(g, [-1]) for g in gradients[2:]], 0)])
    for actual, expected in zip(*results):
      self.assertLess(
          tf.norm(actual - expected), 1e-4 * tf.norm(expected))

  @parameterized.parameters('course', 'nas_bench_201')
  def test_one_hot_mixing_equals_the_network(self, name):
    space = search_spaces[name]
    style = space.search_style.replace(dtype='float64')
    supernet = Supernet(space, (8, 8, 3), 5, 4, 3, style=style)
    rng = np.random.default_rng(0)
    edges = space.topology.edges
    choices, cells = {}, {}
    for group, kind in supernet.groups.items():
      chosen = [names[rng.integers(len(names))]
                for names in space.candidates[kind]]
      cells[group] = CellGenotype(
          tuple(Edge(o, *e) for o, e in zip(chosen, edges)),
          space.topology.output)
      choices[group] = chosen
    network = Network(
        Genotype(name, cells), (8, 8, 3), 5, 4, 3, style=style,
        head_units=space.macro.search_head_units)
    network.stem.set_weights(supernet.stem.get_weights())
    network.head.set_weights(supernet.head.get_weights())
    mixing = {
        group: MixingWeights(tf.constant(
            [[float(n == c) for n in names] for names, c in zip(
                space.candidates[supernet.groups[group]], chosen)],
            tf.float64))
        for group, chosen in choices.items()}
    for index, (mine, other) in enumerate(
        zip(network.cells, supernet.cells)):
      for a, b in zip(mine.preprocess, other.preprocess):
        a.set_weights(b.get_weights())
      chosen = choices[space.group_of(index, mine.plan.kind)]
      for e, operation in enumerate(chosen):
        views = supernet.operation_weights(index, e, operation)
        for key, view in network.operation_weights(index, e).items():
          view.assign(views[key].read())
    x = rng.normal(size=(4, 8, 8, 3))
    for training in (True, False):
      self.assertAllClose(
          network(x, training=training),
          supernet(x, mixing, training=training), rtol=1e-8, atol=1e-8)

  # The network's tests have all three sizes for each space.
  @parameterized.parameters(
      ('darts', (15, 10, 3)), ('course', (9, 9, 3)),
      ('nas_bench_201', (28, 28, 1)))
  def test_image_sizes(self, name, shape):
    supernet = Supernet(search_spaces[name], shape, 7, 2, 3)
    x = np.random.default_rng(0).normal(size=(2, *shape))
    for training in (True, False):
      logits = supernet(x, random_mixing(supernet), training=training)
      self.assertEqual(logits.shape, (2, 7))
      self.assertAllEqual(np.isfinite(logits), np.ones((2, 7), bool))
    self.assertEqual(
        supernet.compute_output_shape((None, *shape)), (None, 7))

  def test_cells_of_a_kind_share_their_mixing_weights(self):
    supernet = Supernet(
        search_spaces['nas_bench_201'], (8, 8, 3), 5, 4, 3)
    self.assertEqual(supernet.groups, {'normal': 'normal'})
    supernet = Supernet(search_spaces['darts'], (8, 8, 3), 5, 4, 3)
    self.assertEqual(
        supernet.groups, {'normal': 'normal', 'reduce': 'reduce'})

  def test_edge_scale_multiplies_all_candidates_of_an_edge(self):
    supernet = Supernet(
        search_spaces['nas_bench_201'], (8, 8, 3), 5, 4, 1)
    x = np.random.default_rng(0).normal(size=(2, 8, 8, 3))
    weights = random_mixing(supernet)['normal'].weights
    scale = tf.constant([1., 2., 0., 3., 0.5, 1.])
    self.assertAllClose(
        supernet(x, {'normal': MixingWeights(weights, scale)}),
        supernet(x, {'normal': MixingWeights(weights * scale[:, None])}))

  def test_the_first_weights_depend_on_the_seed(self):
    weights = []
    for seed in (1, 1, 2):
      tf.keras.utils.set_random_seed(seed)
      weights.append(Supernet(
          search_spaces['nas_bench_201'], (8, 8, 3), 5, 4, 1).get_weights())
    for a, b in zip(weights[0], weights[1]):
      self.assertAllEqual(a, b)
    self.assertTrue(any(
        np.any(a != b) for a, b in zip(weights[0], weights[2])))

  @parameterized.parameters(
      ({'channels': 0}, 'Received: channels=0'),
      ({'num_cells': 0}, 'Received: cells=0'),
      ({'num_classes': 1}, 'Received: num_classes=1'),
      ({'image_shape': (3, 8, 3)},
       'too small.*at least 4x4.*Received: image_size=3x8'),
      ({'image_shape': (4, 4, 3), 'stem': 'strided'},
       "'strided' stem need at least 8x8.*Received: image_size=4x4"),
      ({'channels': 3, 'stem': 'imagenet', 'image_shape': (64, 64, 3)},
       'expected an even number.*Received: channels=3'),
      ({'stem': 'con'}, 'Unknown stem.*Did you mean .conv'))
  def test_errors(self, changes, message):
    arguments = {'image_shape': (8, 8, 3), 'num_classes': 5, 'channels': 4,
                 'num_cells': 3} | changes
    with self.assertRaisesRegex(InputError, message):
      Supernet(search_spaces['darts'], **arguments)


if __name__ == '__main__':
  tf.test.main()
