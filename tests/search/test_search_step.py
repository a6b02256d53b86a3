"""The step of a search, against eager execution and against its parts."""

import keras
import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from darts_tf.architecture_gradient import InnerStep, architecture_gradients
from darts_tf.models import Supernet
from darts_tf.optimizers import SGD, Adam
from darts_tf.penalty import BetaDecay
from darts_tf.relaxation import Architecture, Softmax
from darts_tf.search.problem import SupernetProblem
from darts_tf.search.step import SearchStep
from darts_tf.search_space import (
  CellTopology,
  OperationStyle,
  SearchSpace,
  same_candidates,
)
from darts_tf.step import Alternating, Joint

TOPOLOGY = CellTopology.dense(num_inputs=2, num_nodes=1)
SPACE = SearchSpace(
  name='small',
  topology=TOPOLOGY,
  candidates=same_candidates(
    ('none', 'max_pool_3x3', 'skip_connect', 'sep_conv_3x3'), TOPOLOGY
  ),
)
BATCH = 4
WEIGHT_DECAY, ALPHA_DECAY, RATE = 0.01, 0.002, 0.05


class Search:
  """A small search in float64."""

  def __init__(
    self, gradient, clip_norm=None, cells=3, penalties=(), step=None
  ):
    keras.utils.set_random_seed(3)
    self.supernet = Supernet(
      SPACE,
      (8, 8, 3),
      5,
      2,
      cells,
      style=OperationStyle(pool_norm=True, dtype='float64'),
    )
    self.architecture = Architecture(
      Softmax(), SPACE, self.supernet.groups, ['beta_decay'], 'float64'
    )
    self.architecture.initialize(0, scale=0.5)
    self.alphas = list(self.architecture.parameters.values())
    self.weight_optimizer = SGD(
      RATE,
      momentum=0.9,
      weight_decay=WEIGHT_DECAY,
      clip_norm=clip_norm,
      reduce_gradients=False,
    )
    self.weight_optimizer.build(self.supernet.trainable_variables)
    self.alpha_optimizer = Adam(
      0.1, beta_1=0.5, weight_decay=ALPHA_DECAY, reduce_gradients=False
    )
    self.alpha_optimizer.build(self.alphas)
    self.step = SearchStep(
      self.supernet,
      self.architecture,
      architecture_gradients[gradient](),
      self.weight_optimizer,
      self.alpha_optimizer,
      tf.distribute.get_strategy(),
      BATCH,
      step=step or (Joint() if gradient == 'one_level' else Alternating()),
      penalties=penalties,
    )

  def state(self):
    """Copies all variables."""
    return [
      v.numpy()
      for v in (
        *self.supernet.variables,
        *self.alphas,
        *self.weight_optimizer.variables,
        *self.alpha_optimizer.variables,
      )
    ]

  def tensors(self):
    """Weights, alphas and the problem as they are now."""
    read = lambda variables: [
      tf.convert_to_tensor(v.numpy()) for v in variables
    ]
    problem = SupernetProblem(
      self.supernet,
      self.architecture.expected,
      read(self.supernet.non_trainable_variables),
      BATCH,
    )
    return read(self.supernet.trainable_variables), read(self.alphas), problem

  def alpha_gradients(self):
    """Returns the gradients of Adam's first step, from its first moments."""
    moments = self.alpha_optimizer._first_moments
    return [m.numpy() / 0.5 for m in moments]


def batches(count):
  rng = np.random.default_rng(0)
  return [
    (
      tf.constant(rng.normal(size=(BATCH, 8, 8, 3))),
      tf.constant(rng.integers(5, size=BATCH)),
    )
    for _ in range(count)
  ]


class SearchStepTest(tf.test.TestCase, parameterized.TestCase):
  def tearDown(self):
    tf.config.run_functions_eagerly(False)
    super().tearDown()

  def assertAllNear(self, actual, expected):
    self.assertLen(actual, len(expected))
    for a, b in zip(actual, expected):
      self.assertAllClose(a, b, rtol=1e-9, atol=1e-9)

  @parameterized.parameters('second_order', 'one_level')
  def test_eager_equals_compiled(self, gradient):
    results = []
    for eagerly in (False, True):
      search = Search(gradient, clip_norm=1.0, cells=1)
      tf.config.run_functions_eagerly(eagerly)
      data = batches(4)
      metrics = [search.step.search(*pair) for pair in (data[:2], data[2:])]
      results.append(
        [*search.state(), *(m[k] for m in metrics for k in sorted(m))]
      )
    self.assertAllNear(*results)

  @parameterized.parameters('first_order', 'second_order_exact')
  def test_alphas_move_by_the_estimate_then_weights_move(self, gradient):
    search = Search(gradient)
    training, validation = batches(2)
    weights, alphas, problem = search.tensors()
    result = architecture_gradients[gradient]()(
      problem,
      weights,
      alphas,
      training,
      validation,
      InnerStep(RATE, 0.9, WEIGHT_DECAY),
    )
    tf.config.run_functions_eagerly(True)
    metrics = search.step.search(training, validation)
    self.assertAllNear(
      search.alpha_gradients(),
      [g + ALPHA_DECAY * a for g, a in zip(result.gradients, alphas)],
    )
    self.assertAllClose(
      metrics['validation_loss'], result.validation_loss, rtol=1e-9
    )
    # The weights' step used the new alphas, and its inner passes left no
    # trace in the running statistics.
    after = search.state()
    other = Search(gradient)
    for variable, moved in zip(other.alphas, search.alphas):
      variable.assign(moved)
    of_weights = other.step.train(training)
    count = len(search.supernet.variables)
    self.assertAllNear(after[:count], other.state()[:count])
    self.assertAllNear(
      [v.numpy() for v in search.weight_optimizer.velocities],
      [v.numpy() for v in other.weight_optimizer.velocities],
    )
    for name in ('train_loss', 'train_accuracy'):
      self.assertAllClose(metrics[name], of_weights[name], rtol=1e-9)

  @parameterized.parameters('first_order', 'one_level')
  def test_penalty(self, gradient):
    plain = Search(gradient)
    search = Search(gradient, penalties=[BetaDecay()])
    search.architecture.rates['beta_decay'].assign(25.0)
    alphas = search.architecture.tensors()
    with tf.GradientTape() as tape:
      tape.watch(alphas)
      penalty = 25 * tf.reduce_mean(
        tf.concat([tf.reduce_logsumexp(alpha, -1) for alpha in alphas], 0)
      )
    data = batches(2)
    tf.config.run_functions_eagerly(True)
    expected, metrics = (one.step.search(*data) for one in (plain, search))
    self.assertAllClose(metrics.pop('penalty'), penalty, rtol=1e-9)
    # Losses are without it, and weights see it through the alphas only.
    self.assertCountEqual(metrics, expected)
    loss = 'train_loss' if gradient == 'one_level' else 'validation_loss'
    self.assertAllClose(metrics[loss], expected[loss], rtol=1e-9)
    self.assertAllNear(
      search.alpha_gradients(),
      [
        g + p
        for g, p in zip(plain.alpha_gradients(), tape.gradient(penalty, alphas))
      ],
    )

  def test_weight_step(self):
    search = Search('first_order')
    [training] = batches(1)
    weights, alphas, problem = search.tensors()
    statistics = [v.numpy() for v in search.supernet.non_trainable_variables]
    with tf.GradientTape() as tape:
      tape.watch(weights)
      forward = problem.forward(weights, problem.mixing(alphas), training)
    gradients = tape.gradient(forward.loss, weights)
    metrics = search.step.train(training)
    self.assertAllNear(
      [v.numpy() for v in search.supernet.trainable_variables],
      [w - RATE * (g + WEIGHT_DECAY * w) for w, g in zip(weights, gradients)],
    )
    self.assertAllNear(search.alphas, alphas)
    self.assertAllNear(
      [v.numpy() for v in search.supernet.non_trainable_variables],
      forward.states,
    )
    self.assertNotAllClose(forward.states[0], statistics[0])
    self.assertAllClose(metrics['train_loss'], forward.loss)
    self.assertAllClose(
      metrics['train_accuracy'],
      np.mean(np.argmax(forward.logits, -1) == training[1].numpy()),
    )
    self.assertAllClose(
      forward.loss,
      np.mean(
        -tf.nn.log_softmax(forward.logits).numpy()[range(BATCH), training[1]]
      ),
    )
    # A new learning rate acts at once, without a new trace.
    search.weight_optimizer.learning_rate = 0.0
    before = [v.numpy() for v in search.supernet.trainable_variables]
    search.step.train(training)
    self.assertAllNear(
      [v.numpy() for v in search.supernet.trainable_variables], before
    )
    self.assertEqual(search.step._train.experimental_get_tracing_count(), 1)

  def test_joint_step_has_both_gradients_of_one_pass(self):
    search = Search('one_level')
    training, _ = batches(2)
    weights, alphas, problem = search.tensors()
    result = architecture_gradients['one_level']()(
      problem, weights, alphas, training, None, InnerStep(RATE)
    )
    tf.config.run_functions_eagerly(True)
    metrics = search.step.search(training, None)
    self.assertAllNear(
      search.alpha_gradients(),
      [g + ALPHA_DECAY * a for g, a in zip(result.gradients, alphas)],
    )
    self.assertAllClose(metrics['train_loss'], result.validation_loss)
    self.assertNotIn('validation_loss', metrics)
    # Weights and statistics: as if the alphas had not moved.
    other = Search('one_level')
    other.step.train(training)
    self.assertAllNear(
      [v.numpy() for v in search.supernet.variables],
      [v.numpy() for v in other.supernet.variables],
    )

  def test_clipping_is_by_the_norm_of_all_gradients(self):
    search = Search('first_order', clip_norm=1e-3)
    weights = [v.numpy() for v in search.supernet.trainable_variables]
    tf.config.run_functions_eagerly(True)
    search.step.train(batches(1)[0])
    gradients = [
      v.numpy() - WEIGHT_DECAY * w
      for v, w in zip(search.weight_optimizer.velocities, weights)
    ]
    self.assertAllClose(
      np.sqrt(sum(np.sum(g * g) for g in gradients)), 1e-3, rtol=1e-6
    )


if __name__ == '__main__':
  tf.test.main()
