"""The supernet: both forms of normalization, one-hot mixing, sizes."""

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from darts_tf.config.errors import InputError
from darts_tf.genotype import CellGenotype, Edge, Genotype
from darts_tf.layers import BatchNorm, MixingWeights
from darts_tf.models import Network, Supernet
from darts_tf.search_space import search_spaces


def random_mixing(supernet, seed=0):
  rng = np.random.default_rng(seed)
  space = supernet.space
  return {
    group: MixingWeights(
      tf.nn.softmax(
        tf.constant(
          rng.normal(size=space.candidate_mask(kind).shape),
          supernet.variable_dtype,
        )
      )
    )
    for group, kind in supernet.groups.items()
  }


class SupernetTest(tf.test.TestCase, parameterized.TestCase):
  def test_fused_form_equals_plain_form(self):
    tf.keras.utils.set_random_seed(1)
    supernet = Supernet(search_spaces['darts'], (8, 8, 3), 10, 4, 3)
    rng = np.random.default_rng(0)
    x = tf.constant(rng.normal(size=(8, 8, 8, 3)), tf.float32)
    labels = tf.constant(rng.integers(10, size=8))
    norms = [
      layer
      for layer in supernet._flatten_layers()
      if isinstance(layer, BatchNorm)
    ]
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
          tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
        )
      gradients = tape.gradient(loss, alphas + supernet.trainable_variables)
      self.assertNotIn(None, gradients)
      results.append(
        [
          logits,
          *map(tf.convert_to_tensor, gradients[:2]),
          tf.concat([tf.reshape(g, [-1]) for g in gradients[2:]], 0),
        ]
      )
    for actual, expected in zip(*results):
      self.assertLess(tf.norm(actual - expected), 1e-4 * tf.norm(expected))

  @parameterized.parameters('course', 'nas_bench_201', 's1', 'amended_s2')
  def test_one_hot_mixing_equals_the_network(self, name):
    space = search_spaces[name]
    style = space.search_style.replace(dtype='float64')
    supernet = Supernet(space, (8, 8, 3), 5, 4, 3, style=style)
    rng = np.random.default_rng(0)
    edges = space.topology.edges
    choices, cells = {}, {}
    for group, kind in supernet.groups.items():
      chosen = [
        names[rng.integers(len(names))] for names in space.candidates[kind]
      ]
      cells[group] = CellGenotype(
        tuple(Edge(o, *e) for o, e in zip(chosen, edges)), space.topology.output
      )
      choices[group] = chosen
    network = Network(
      Genotype(name, cells),
      (8, 8, 3),
      5,
      4,
      3,
      style=style,
      head_units=space.macro.search_head_units,
    )
    network.stem.set_weights(supernet.stem.get_weights())
    network.head.set_weights(supernet.head.get_weights())
    mixing = {
      group: MixingWeights(
        tf.constant(
          [
            [float(n == c) for n in names]
            for names, c in zip(
              space.candidates[supernet.groups[group]], chosen
            )
          ],
          tf.float64,
        )
      )
      for group, chosen in choices.items()
    }
    for index, (mine, other) in enumerate(zip(network.cells, supernet.cells)):
      for a, b in zip(mine.preprocess, other.preprocess):
        views = b.weight_views()
        for name, view in a.weight_views().items():
          view.assign(views[name].read())
      chosen = choices[space.group_of(index, mine.plan.kind)]
      for e, operation in enumerate(chosen):
        views = supernet.operation_weights(index, e, operation)
        for key, view in network.operation_weights(index, e).items():
          view.assign(views[key].read())
    x = rng.normal(size=(4, 8, 8, 3))
    for training in (True, False):
      self.assertAllClose(
        network(x, training=training),
        supernet(x, mixing, training=training),
        rtol=1e-8,
        atol=1e-8,
      )

  # The network's tests have all three sizes for each space.
  @parameterized.parameters(
    ('darts', (15, 10, 3)),
    ('course', (9, 9, 3)),
    ('nas_bench_201', (28, 28, 1)),
  )
  def test_image_sizes(self, name, shape):
    supernet = Supernet(search_spaces[name], shape, 7, 2, 3)
    x = np.random.default_rng(0).normal(size=(2, *shape))
    for training in (True, False):
      logits = supernet(x, random_mixing(supernet), training=training)
      self.assertEqual(logits.shape, (2, 7))
      self.assertAllEqual(np.isfinite(logits), np.ones((2, 7), bool))
    self.assertEqual(supernet.compute_output_shape((None, *shape)), (None, 7))

  def test_cells_of_a_kind_share_their_mixing_weights(self):
    supernet = Supernet(search_spaces['nas_bench_201'], (8, 8, 3), 5, 4, 3)
    self.assertEqual(supernet.groups, {'normal': 'normal'})
    supernet = Supernet(search_spaces['darts'], (8, 8, 3), 5, 4, 3)
    self.assertEqual(supernet.groups, {'normal': 'normal', 'reduce': 'reduce'})

  def test_edge_scale_multiplies_all_candidates_of_an_edge(self):
    supernet = Supernet(search_spaces['nas_bench_201'], (8, 8, 3), 5, 4, 1)
    x = np.random.default_rng(0).normal(size=(2, 8, 8, 3))
    weights = random_mixing(supernet)['normal'].weights
    scale = tf.constant([1.0, 2.0, 0.0, 3.0, 0.5, 1.0])
    self.assertAllClose(
      supernet(x, {'normal': MixingWeights(weights, scale)}),
      supernet(x, {'normal': MixingWeights(weights * scale[:, None])}),
    )

  def test_the_first_weights_depend_on_the_seed(self):
    weights = []
    for seed in (1, 1, 2):
      tf.keras.utils.set_random_seed(seed)
      weights.append(
        Supernet(
          search_spaces['nas_bench_201'], (8, 8, 3), 5, 4, 1
        ).get_weights()
      )
    for a, b in zip(weights[0], weights[1]):
      self.assertAllEqual(a, b)
    self.assertTrue(any(np.any(a != b) for a, b in zip(weights[0], weights[2])))

  def test_errors_of_the_auxiliary_head(self):
    with self.assertRaisesRegex(
      InputError, 'auxiliary head needs a map of at least 2x2'
    ):
      Supernet(search_spaces['darts'], (4, 8, 3), 5, 4, 3, auxiliary=True)

  @parameterized.parameters(
    ({'channels': 0}, 'Received: channels=0'),
    ({'num_cells': 0}, 'Received: cells=0'),
    ({'num_classes': 1}, 'Received: num_classes=1'),
    (
      {'image_shape': (3, 8, 3)},
      'too small.*at least 4x4.*Received: image_size=3x8',
    ),
    (
      {'image_shape': (4, 4, 3), 'stem': 'strided'},
      "'strided' stem need at least 8x8.*Received: image_size=4x4",
    ),
    (
      {'channels': 3, 'stem': 'imagenet', 'image_shape': (64, 64, 3)},
      'expected an even number.*Received: channels=3',
    ),
    ({'stem': 'con'}, 'Unknown stem.*Did you mean .conv'),
  )
  def test_errors(self, changes, message):
    arguments = {
      'image_shape': (8, 8, 3),
      'num_classes': 5,
      'channels': 4,
      'num_cells': 3,
    } | changes
    with self.assertRaisesRegex(InputError, message):
      Supernet(search_spaces['darts'], **arguments)


class RetrainingPartsTest(tf.test.TestCase, parameterized.TestCase):
  """The auxiliary head and drop path, in search as in retraining."""

  def make(self, name='amended_s2', **options):
    tf.keras.utils.set_random_seed(0)
    return Supernet(search_spaces[name], (8, 8, 3), 5, 4, 3, **options)

  def images(self, count=6):
    return np.random.default_rng(0).normal(size=(count, 8, 8, 3)).astype('f')

  def test_without_them_nothing_is_there(self):
    plain = self.make()
    self.assertIsNone(plain.auxiliary_head)
    self.assertIsNone(plain.drop_path_rate)
    self.assertEqual(
      plain(self.images(), random_mixing(plain), training=True).shape, (6, 5)
    )
    self.assertEmpty([v.path for v in plain.variables if 'seed' in v.path])

  def test_auxiliary_logits_in_training_only(self):
    plain, supernet = self.make(), self.make(auxiliary=True)
    mixing = random_mixing(supernet)
    logits, auxiliary = supernet(self.images(), mixing, training=True)
    self.assertEqual(auxiliary.shape, (6, 5))
    # The head comes last: all else starts as without it.
    self.assertAllClose(
      plain(self.images(), mixing, training=True), logits, rtol=1e-5
    )
    self.assertEqual(supernet(self.images(), mixing).shape, (6, 5))
    without = self.make(auxiliary=True, auxiliary_norm=False)
    self.assertEqual(supernet.count_params() - without.count_params(), 4 * 768)

  @parameterized.parameters((3, 2), (5, 3), (8, 5))
  def test_auxiliary_head_stands_where_the_networks_does(self, cells, index):
    supernet = Supernet(
      search_spaces['nas_bench_201'], (8, 8, 3), 5, 4, cells, auxiliary=True
    )
    self.assertEqual(supernet.auxiliary_cell, index)
    mixing = random_mixing(supernet)
    weights = [tf.convert_to_tensor(v) for v in supernet.trainable_variables]
    with tf.GradientTape() as tape:
      tape.watch(weights)
      (_, auxiliary), _ = supernet.stateless_call(
        weights,
        supernet.non_trainable_variables,
        self.images(),
        mixing,
        training=True,
      )
    gradients = dict(
      zip(
        (v.path for v in supernet.trainable_variables),
        tape.gradient(auxiliary, weights),
      )
    )
    reached = {
      path.split('/')[0]
      for path, gradient in gradients.items()
      if gradient is not None and path.startswith('cell_')
    }
    self.assertEqual(reached, {f'cell_{i:02d}' for i in range(index + 1)})

  def test_drop_path_at_rate_zero_changes_nothing(self):
    supernet = self.make(drop_path=True)
    plain = self.make()
    mixing = random_mixing(supernet)
    self.assertLen(supernet.trainable_variables, len(plain.trainable_variables))
    for mine, other in zip(
      plain.trainable_variables, supernet.trainable_variables
    ):
      mine.assign(other)
    self.assertAllEqual(supernet.drop_path_rate, 0)
    self.assertAllEqual(
      supernet(self.images(), mixing, training=True),
      plain(self.images(), mixing, training=True),
    )

  def test_drop_path_is_pure_and_acts_without_a_new_trace(self):
    supernet = self.make(drop_path=True)
    mixing = random_mixing(supernet)
    traces = []

    def passes(states):
      traces.append(states)
      weights = [tf.convert_to_tensor(v) for v in supernet.trainable_variables]
      return [
        supernet.stateless_call(
          weights, states, self.images(), mixing, training=True
        )
        for _ in range(2)
      ]

    passes = tf.function(passes, autograph=False)
    states = [tf.convert_to_tensor(v) for v in supernet.non_trainable_variables]
    (plain, moved), _ = passes(states)
    rate = [v.path for v in supernet.non_trainable_variables].index(
      supernet.drop_path_rate.path
    )
    states[rate] = tf.constant(0.5)
    (first, _), (second, _) = passes(states)
    self.assertAllEqual(first, second)
    self.assertNotAllClose(first, plain, rtol=1e-2)
    moved[rate] = tf.constant(0.5)
    (other, _), _ = passes(moved)
    self.assertNotAllClose(other, first, rtol=1e-2)
    self.assertLen(traces, 1)
    # Inference drops nothing.
    supernet.drop_path_rate.assign(0.5)
    self.assertAllEqual(
      supernet(self.images(), mixing), supernet(self.images(), mixing)
    )

  @parameterized.parameters('float64', 'mixed_bfloat16')
  def test_precisions(self, dtype):
    style = search_spaces['s4'].search_style.replace(dtype=dtype)
    supernet = self.make('s4', style=style, auxiliary=True, drop_path=True)
    supernet.drop_path_rate.assign(0.3)
    images = tf.cast(self.images(), supernet.compute_dtype)
    for logits in supernet(images, random_mixing(supernet), training=True):
      self.assertEqual(logits.dtype, supernet.variable_dtype)
      self.assertAllEqual(
        np.isfinite(tf.cast(logits, tf.float64)), np.ones((6, 5), bool)
      )


if __name__ == '__main__':
  tf.test.main()
