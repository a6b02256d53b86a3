"""Forms of supernets: partial channels, auxiliary skips, selected paths."""

import keras
import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from darts_tf.config.errors import InputError
from darts_tf.config.progress import Progress
from darts_tf.layers import MixingWeights
from darts_tf.layers.form import SupernetForm
from darts_tf.layers.mixed_cell import MixedCell
from darts_tf.layers.partial_channels import shuffle_channels, split_channels
from darts_tf.layers.selected_edges import SelectedEdges
from darts_tf.layers.skip import Identity
from darts_tf.models import Supernet
from darts_tf.relaxation.gumbel import straight_through
from darts_tf.search_space import (
  CellTopology,
  OperationStyle,
  SearchSpace,
  same_candidates,
)
from darts_tf.search_space.macro import CellPlan

NAMES = ('none', 'max_pool_3x3', 'skip_connect', 'sep_conv_3x3', 'dil_conv_3x3')
TOPOLOGY = CellTopology.dense(num_inputs=2, num_nodes=2)
SPACE = SearchSpace(
  name='small', topology=TOPOLOGY, candidates=same_candidates(NAMES, TOPOLOGY)
)
STYLE = OperationStyle(pool_norm=True, dtype='float64')


def cell(form, channels=4, stride=1, size=6, names=NAMES):
  """A built cell whose inputs need no adaptation."""
  keras.utils.set_random_seed(0)
  plan = CellPlan(0, 'normal', channels, stride)
  same = [Identity(channels, style=STYLE, dtype='float64') for _ in range(2)]
  made = MixedCell(
    plan, TOPOLOGY, (names,) * len(TOPOLOGY.edges), same, STYLE, form
  )
  made.build([(None, size, size, channels)] * 2)
  return made


def inputs(channels=4, size=6):
  rng = np.random.default_rng(0)
  return [
    tf.constant(rng.normal(size=(2, size, size, channels))) for _ in range(2)
  ]


def random_weights(seed=0):
  rng = np.random.default_rng(seed)
  return tf.constant(rng.dirichlet([1] * len(NAMES), len(TOPOLOGY.edges)))


class PartialChannelsTest(tf.test.TestCase, parameterized.TestCase):
  def test_shuffle_by_hand(self):
    x = tf.reshape(tf.range(8.0), [1, 1, 1, 8])
    self.assertAllEqual(
      shuffle_channels(x, 4)[0, 0, 0], [0, 2, 4, 6, 1, 3, 5, 7]
    )

  def test_bypass_at_stride_2(self):
    x = np.random.default_rng(0).normal(size=(1, 7, 7, 4))
    mixed, bypass = split_channels(tf.constant(x), 4, 2)
    self.assertAllEqual(mixed, x[..., :1])
    # Odd sizes are rounded up, as strided candidates do.
    self.assertEqual(bypass.shape, (1, 4, 4, 3))
    for row in range(4):
      for column in range(4):
        part = x[0, 2 * row : 2 * row + 2, 2 * column : 2 * column + 2, 1:]
        self.assertAllEqual(bypass[0, row, column], part.max((0, 1)))

  @parameterized.parameters((1, 6), (2, 6), (2, 7))
  def test_edge_by_edge(self, stride, size):
    """Sums are joined and shuffled; the definition does so edge by edge."""
    made = cell(SupernetForm(partial_channels=2), stride=stride, size=size)
    scale = tf.constant(np.random.default_rng(1).random(5))
    weights = random_weights()
    output = made(inputs(size=size), weights, scale, training=True)
    states = inputs(size=size)
    for node in TOPOLOGY.nodes:
      total = 0.0
      for edge in TOPOLOGY.incoming(node):
        source = TOPOLOGY.edges[edge][0]
        layer, position = made._place(edge)
        x = states[source]
        rows = tf.stack([weights[i] for i in TOPOLOGY.outgoing(source)])
        mixture = layer(x[..., :2], rows, training=True)[position]
        bypass = x[..., 2:]
        if layer.stride == 2:
          bypass = tf.nn.max_pool2d(bypass, 2, 2, 'SAME')
        whole = shuffle_channels(tf.concat([mixture, bypass], -1), 2)
        total += scale[edge] * whole
      states.append(total)
    self.assertAllClose(
      output, tf.concat(states[2:], -1), rtol=1e-12, atol=1e-12
    )

  def test_channels_must_divide(self):
    with self.assertRaisesRegex(
      InputError, 'divisor of 4. Received: partial_channels=3, channels=4'
    ):
      cell(SupernetForm(partial_channels=3))


class AuxiliarySkipTest(tf.test.TestCase, parameterized.TestCase):
  @parameterized.parameters(1, 2)
  def test_adds_a_rated_skip_to_each_edge(self, stride):
    plain = cell(SupernetForm(), stride=stride)
    made = cell(SupernetForm(auxiliary_skip=True), stride=stride)
    for edge in range(len(TOPOLOGY.edges)):
      for name in NAMES:
        for key, view in plain.weight_views(edge, name).items():
          made.weight_views(edge, name)[key].assign(view.read())
    weights = random_weights()
    same = lambda rate: made(
      inputs(), weights, auxiliary_rate=rate, training=True
    )
    expected = plain(inputs(), weights, training=True)
    self.assertAllClose(same(0.0), expected, rtol=1e-12, atol=1e-12)
    # The first node has edges from the inputs only.
    edges = TOPOLOGY.incoming(2)
    skips = [made.operation(edge, 'auxiliary_skip') for edge in edges]
    added = 0.0
    for edge, layer in zip(edges, skips):
      x = inputs()[TOPOLOGY.edges[edge][0]]
      if stride == 1:
        added += x
      else:
        y = layer(tf.nn.relu(x), training=True)
        position = TOPOLOGY.outgoing(TOPOLOGY.edges[edge][0]).index(edge)
        added += y[..., 4 * position : 4 * position + 4]
    self.assertAllClose(
      same(0.5)[..., :4], expected[..., :4] + 0.5 * added, rtol=1e-9
    )

  def test_edges_with_fewer_candidates(self):
    made = cell(SupernetForm(auxiliary_skip=True))
    made.candidates = (NAMES, NAMES[:2], NAMES, NAMES[:1], NAMES)
    column = tf.constant([[1.0], [2], [3], [4], [5]])
    wide = made._with_column(tf.zeros([5, 5]), column).numpy()
    self.assertEqual(wide.shape, (5, 6))
    self.assertAllEqual(wide[range(5), [5, 2, 5, 1, 5]], [1, 2, 3, 4, 5])
    self.assertAllEqual(wide.sum(), 15)

  @parameterized.parameters(
    ('none', 1.0, 1.0),
    ('linear', 0.5, 0.02),
    ('cosine', 0.5, 0.00099),
    ('slow_cosine', np.cos(np.pi / 4), 0.0314),
  )
  def test_decay(self, decay, middle, last):
    form = SupernetForm(auxiliary_skip=True, auxiliary_decay=decay)
    at = lambda epoch: form.rates(Progress(epoch, 50, epoch, 50))
    self.assertAllClose(at(0)['auxiliary_skip'], 1.0)
    self.assertAllClose(at(25)['auxiliary_skip'], middle)
    self.assertAllClose(at(49)['auxiliary_skip'], last, atol=5e-5)
    self.assertEqual(SupernetForm().rates(Progress(1, 2, 1, 2)), {})


class SelectedTest(tf.test.TestCase, parameterized.TestCase):
  """Dense and selected forms, the same weights in both."""

  def supernets(self, **form):
    keras.utils.set_random_seed(0)
    build = lambda paths: Supernet(
      SPACE,
      (8, 8, 3),
      5,
      4,
      3,
      style=STYLE,
      form=SupernetForm(paths=paths, **form),
    )
    dense, selected = build('all'), build('selected')
    for index, made in enumerate(dense.cells):
      for edge in range(len(TOPOLOGY.edges)):
        for name in NAMES:
          views = selected.operation_weights(index, edge, name)
          for key, view in made.weight_views(edge, name).items():
            views[key].assign(view.read())
    others = lambda net: [
      v
      for layer in (
        net.stem,
        net.head,
        *(p for c in net.cells for p in c.preprocess),
      )
      for v in layer.variables
    ]
    for target, source in zip(others(selected), others(dense), strict=True):
      target.assign(source.numpy())
    return dense, selected

  def run_it(self, net, alphas, alone):
    """Returns the loss, and its gradients by alphas and by weights."""
    rng = np.random.default_rng(0)
    images = tf.constant(rng.normal(size=(4, 8, 8, 3)))
    with tf.GradientTape() as tape:
      tape.watch(alphas)
      mixing = {}
      for kind, alpha in alphas.items():
        m = straight_through(tf.nn.softmax(alpha))
        if alone:
          # Outputs that are not selected are multiplied by zero.
          mask = tf.one_hot(m.selected, len(NAMES), dtype=tf.float64)
          m = m._replace(weights=m.weights * mask)
        mixing[kind] = m
      loss = tf.reduce_mean(
        tf.nn.sparse_softmax_cross_entropy_with_logits(
          [0, 1, 2, 3], net(images, mixing, training=True)
        )
      )
    by_alphas, by_stem = tape.gradient(
      loss, (alphas, net.stem.trainable_variables)
    )
    return loss, by_alphas, by_stem

  @parameterized.parameters(1, 2)
  def test_agrees_with_the_dense_form(self, partial_channels):
    dense, selected = self.supernets(partial_channels=partial_channels)
    rng = np.random.default_rng(3)
    alphas = {
      kind: tf.constant(rng.normal(size=(5, len(NAMES))))
      for kind in ('normal', 'reduce')
    }
    loss, by_alphas, by_stem = self.run_it(selected, alphas, False)
    for alone in (False, True):
      expected = self.run_it(dense, alphas, alone)
      self.assertAllClose(loss, expected[0], rtol=1e-12)
      for a, b in zip(by_stem, expected[2]):
        self.assertAllClose(a, b, rtol=1e-9, atol=1e-12)
      for kind, gradient in by_alphas.items():
        same = np.allclose(gradient, expected[1][kind], rtol=1e-9, atol=1e-12)
        self.assertEqual(same, alone)

  def test_running_statistics_of_candidates_do_not_move(self):
    _, selected = self.supernets()
    alphas = {k: tf.zeros([5, 5], tf.float64) for k in ('normal', 'reduce')}
    of_edges = [
      v
      for c in selected.cells
      for layer in c.mixed_edges
      for v in layer.non_trainable_variables
    ]
    before = [v.numpy() for v in of_edges]
    self.run_it(selected, alphas, False)
    for variable, value in zip(of_edges, before, strict=True):
      self.assertAllEqual(variable, value)

  def test_evaluation_has_the_statistics_of_the_batch(self):
    _, selected = self.supernets()
    rng = np.random.default_rng(0)
    mixing = {
      kind: MixingWeights(
        tf.one_hot([3] * 5, 5, dtype=tf.float64), selected=tf.constant([3] * 5)
      )
      for kind in ('normal', 'reduce')
    }
    images = tf.constant(rng.normal(size=(4, 8, 8, 3)))
    before = selected(images, mixing, training=False)
    for made in selected.cells:
      for edge in range(5):
        views = made.weight_views(edge, 'sep_conv_3x3')
        for key in views:
          if 'moving' in key:
            views[key].assign(views[key].read() + 3.0)
    self.assertAllEqual(selected(images, mixing, training=False), before)

  def test_no_auxiliary_skip(self):
    with self.assertRaisesRegex(InputError, 'paths=all or auxiliary_skip'):
      SupernetForm(paths='selected', auxiliary_skip=True)


class SelectedDrawsTest(tf.test.TestCase):
  """Candidates that draw go on drawing, although they run in a branch."""

  def test_draws_move_in_training_alone(self):
    layer = SelectedEdges((('skip_connect', 'noise'),) * 2, 4)
    layer.build((None, 6, 6, 4))
    x, weights = tf.ones([2, 6, 6, 4]), tf.ones([2, 2])
    run = lambda chosen, training: [
      y.numpy() for y in layer(x, weights, chosen, training=training)
    ]
    noise = tf.constant([1, 1])
    first, second = run(tf.unstack(noise), True), run(tf.unstack(noise), True)
    self.assertNotAllClose(first[0], second[0])
    self.assertNotAllClose(first[0], first[1])
    # Evaluation draws and leaves no trace.
    state = [v.numpy() for v in layer.variables]
    again = [run(tf.unstack(noise), False) for _ in range(2)]
    self.assertAllEqual(again[0], again[1])
    for variable, value in zip(layer.variables, state, strict=True):
      self.assertAllEqual(variable, value)
    # What does not run does not draw.
    run([tf.constant(0), tf.constant(1)], True)
    moved = [
      int(np.sum(v.numpy() != value))
      for v, value in zip(layer.variables, state, strict=True)
    ]
    self.assertEqual(sorted(moved), [0, 1])


if __name__ == '__main__':
  tf.test.main()
