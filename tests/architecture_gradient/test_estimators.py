import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from bilevel_problems import Mixture, Quadratic, mixture_inputs

from darts_tf.architecture_gradient import (
  BilevelProblem,
  FirstOrder,
  InnerStep,
  OneLevel,
  SecondOrder,
  SecondOrderExact,
  architecture_gradients,
)
from darts_tf.architecture_gradient.bilevel_toy import ToyProblem
from darts_tf.config.errors import InputError

SECOND_ORDER = (SecondOrder(), SecondOrderExact())


def two_replicas():
  return tf.distribute.MirroredStrategy(
    ['CPU:0', 'CPU:1'],
    # Collectives of several strategies in one process would collide.
    cross_device_ops=tf.distribute.ReductionToOneDevice(),
  )


def quadratic_inputs(problem, dtype=tf.float64):
  return (
    problem.split(problem.w, dtype),
    [tf.constant(problem.alpha, dtype)],
    problem.split(problem.velocity, dtype),
  )


class QuadraticTest(tf.test.TestCase, parameterized.TestCase):
  @parameterized.product(
    estimator=SECOND_ORDER,
    momentum=(0.0, 0.9),
    weight_decay=(0.0, 0.2),
    seed=(0, 1),
  )
  def test_second_order_formula(self, estimator, momentum, weight_decay, seed):
    problem = Quadratic(seed)
    weights, alphas, velocity = quadratic_inputs(problem)
    inner = InnerStep(0.05, momentum, weight_decay, velocity)
    result = estimator(problem, weights, alphas, None, None, inner)
    gradient, loss = problem.expected(0.05, momentum, weight_decay)
    self.assertAllClose(result.gradients[0], gradient, rtol=1e-6, atol=1e-6)
    self.assertAllClose(result.validation_loss, loss, rtol=1e-9)

  def test_exact_is_exact(self):
    problem = Quadratic()
    weights, alphas, velocity = quadratic_inputs(problem)
    inner = InnerStep(0.05, 0.9, 0.2, velocity)
    result = SecondOrderExact()(problem, weights, alphas, None, None, inner)
    self.assertAllClose(
      result.gradients[0], problem.expected(0.05, 0.9, 0.2)[0], rtol=1e-12
    )

  def test_no_velocity_is_zero_velocity(self):
    problem = Quadratic()
    weights, alphas, _ = quadratic_inputs(problem)
    inner = InnerStep(0.05, momentum=0.9)
    result = SecondOrderExact()(problem, weights, alphas, None, None, inner)
    self.assertAllClose(
      result.gradients[0], problem.expected(0.05)[0], rtol=1e-12
    )

  def test_first_order_formula(self):
    problem = Quadratic()
    weights, alphas, _ = quadratic_inputs(problem)
    result = FirstOrder()(problem, weights, alphas, None, None, None)
    gradient, loss = problem.expected(0.0)
    self.assertAllClose(result.gradients[0], gradient, rtol=1e-12)
    self.assertAllClose(result.validation_loss, loss, rtol=1e-12)

  def test_one_level_formula(self):
    problem = Quadratic()
    weights, alphas, _ = quadratic_inputs(problem)
    result = OneLevel()(problem, weights, alphas, None, None, None)
    self.assertAllClose(
      result.gradients[0], problem.m @ problem.w + problem.c, rtol=1e-12
    )
    self.assertAllClose(
      result.validation_loss, problem.training_loss(weights, alphas), rtol=1e-12
    )

  @parameterized.product(
    estimator=SECOND_ORDER, dtype=(tf.float32, tf.bfloat16)
  )
  def test_lower_precision(self, estimator, dtype):
    problem = Quadratic()
    weights, alphas, velocity = quadratic_inputs(problem, dtype)
    inner = InnerStep(tf.constant(0.05), 0.9, 0.2, velocity)
    result = estimator(problem, weights, alphas, None, None, inner)
    self.assertEqual(result.gradients[0].dtype, dtype)
    if dtype == tf.float32:
      self.assertAllClose(
        result.gradients[0],
        problem.expected(0.05, 0.9, 0.2)[0],
        rtol=1e-2,
        atol=1e-2,
      )
    else:
      self.assertAllInRange(tf.cast(result.gradients[0], tf.float32), -1e3, 1e3)

  @parameterized.parameters(*SECOND_ORDER)
  def test_variables_are_read(self, estimator):
    problem = Quadratic()
    weights, alphas, velocity = (
      [tf.Variable(x) for x in tensors] for tensors in quadratic_inputs(problem)
    )
    rate = tf.Variable(0.05, dtype=tf.float64)
    inner = InnerStep(rate, 0.9, 0.0, velocity)
    result = estimator(problem, weights, alphas, None, None, inner)
    self.assertAllClose(
      result.gradients[0], problem.expected(0.05, 0.9)[0], rtol=1e-6, atol=1e-6
    )
    self.assertAllEqual(alphas[0], problem.alpha)


class ToyTest(tf.test.TestCase, parameterized.TestCase):
  @parameterized.product(
    estimator=SECOND_ORDER, xi=(0.0, 0.3, 0.7), start=((2, -2), (0.5, 3))
  )
  def test_closed_form(self, estimator, xi, start):
    alpha, w = start
    result = estimator(
      ToyProblem(),
      [tf.constant(w, tf.float64)],
      [tf.constant(alpha, tf.float64)],
      None,
      None,
      InnerStep(xi),
    )
    stepped = w - 2 * xi * (w - alpha)
    self.assertAllClose(
      result.gradients[0], stepped - 2 + 2 * xi * alpha, rtol=1e-9
    )
    self.assertAllClose(
      result.validation_loss, alpha * stepped - 2 * alpha + 1, rtol=1e-9
    )

  def test_first_order(self):
    result = FirstOrder()(
      ToyProblem(),
      [tf.constant(-2.0)],
      [tf.constant(2.0)],
      None,
      None,
      InnerStep(0.3),
    )
    self.assertAllClose(result.gradients, [-4.0])


class MixtureTest(tf.test.TestCase, parameterized.TestCase):
  def run_all(self, estimator, xi=0.1):
    weights, alphas, training, validation, velocity = mixture_inputs(6)
    inner = InnerStep(xi, 0.9, 0.01, velocity)
    return estimator(Mixture(6), weights, alphas, training, validation, inner)

  def test_finite_difference_is_near_exact(self):
    exact = self.run_all(SecondOrderExact()).gradients[0]
    published = self.run_all(SecondOrder()).gradients[0]
    finer = self.run_all(SecondOrder(difference_radius=0.001)).gradients[0]
    error = np.abs(published - exact).max()
    self.assertLess(error, 1e-3)
    # The error of a central difference is quadratic in its step.
    self.assertBetween(error / np.abs(finer - exact).max(), 50, 200)

  @parameterized.parameters(*SECOND_ORDER)
  def test_second_order_is_not_first_order(self, estimator):
    first = self.run_all(FirstOrder()).gradients[0]
    self.assertNotAllClose(
      self.run_all(estimator).gradients[0], first, rtol=1e-2
    )
    self.assertNotAllClose(
      self.run_all(estimator).gradients[0],
      self.run_all(estimator, xi=0.2).gradients[0],
      rtol=1e-2,
    )

  @parameterized.parameters(*architecture_gradients)
  def test_graph_equals_eager(self, name):
    estimator = architecture_gradients[name]()
    weights, alphas, training, validation, velocity = mixture_inputs(6)

    def estimate(rate):
      inner = InnerStep(rate, 0.9, 0.01, velocity)
      return estimator(Mixture(6), weights, alphas, training, validation, inner)

    rate = tf.constant(0.1, tf.float64)
    eager, graph = estimate(rate), tf.function(estimate)(rate)
    self.assertAllClose(eager, graph, rtol=1e-10, atol=1e-12)

  @parameterized.parameters(*architecture_gradients)
  def test_two_replicas_equal_one(self, name):
    devices = tf.config.list_logical_devices('CPU')
    if len(devices) < 2:
      self.skipTest('needs two logical CPU devices')
    estimator = architecture_gradients[name]()
    weights, alphas, training, validation, velocity = mixture_inputs(6)
    inner = InnerStep(tf.constant(0.1, tf.float64), 0.9, 0.01, velocity)
    strategy = two_replicas()

    def value(context):
      # Unequal content; each replica sees its half.
      index = context.replica_id_in_sync_group
      half = slice(3 * index, 3 * index + 3)
      return tuple(
        tuple(array[half] for array in batch)
        for batch in (training, validation)
      )

    halves = strategy.experimental_distribute_values_from_function(value)

    @tf.function
    def together(batches):
      def replica(batches):
        return estimator(
          Mixture(6, reduces=True), weights, alphas, *batches, inner
        )

      return strategy.run(replica, args=(batches,))

    single = estimator(Mixture(6), weights, alphas, training, validation, inner)
    result = together(halves)
    for gradient in strategy.experimental_local_results(result.gradients[0]):
      self.assertAllClose(gradient, single.gradients[0], rtol=1e-9)
    for loss in strategy.experimental_local_results(result.validation_loss):
      self.assertAllClose(loss, single.validation_loss, rtol=1e-9)


class Partial(BilevelProblem):
  """Parts that do not depend on everything."""

  def training_loss(self, weights, alphas, batch):
    return tf.reduce_sum(weights[0] * tf.gather(alphas[0], [1]))

  def validation_loss(self, weights, alphas, batch):
    return tf.reduce_sum(tf.gather(alphas[0], [0]) ** 2)


class EdgeCaseTest(tf.test.TestCase, parameterized.TestCase):
  @parameterized.parameters(*architecture_gradients)
  def test_unconnected_and_sparse_gradients(self, name):
    result = architecture_gradients[name]()(
      Partial(),
      [tf.constant([3.0]), tf.constant([1.0])],
      [tf.constant([2.0, 5.0]), tf.constant([7.0])],
      None,
      None,
      InnerStep(0.1),
    )
    # L_V does not depend on w, so v = 0: no correction, and no NaN.
    expected = [0.0, 3.0] if name == 'one_level' else [4.0, 0.0]
    self.assertAllClose(result.gradients[0], expected)
    self.assertAllClose(result.gradients[1], [0.0])

  def test_first_order_takes_no_gradient_by_weights(self):

    class NoWeightGradient(Partial):
      def validation_loss(self, weights, alphas, batch):
        @tf.custom_gradient
        def forbidden(w):
          def gradient(upstream):
            raise AssertionError('a gradient by the weights was taken')

          return w, gradient

        return tf.reduce_sum(forbidden(weights[0])) * alphas[0][0]

    arguments = (
      NoWeightGradient(),
      [tf.constant([3.0])],
      [tf.constant([2.0, 5.0])],
      None,
      None,
      InnerStep(0.1),
    )
    self.assertAllClose(FirstOrder()(*arguments).gradients[0], [3.0, 0.0])
    with self.assertRaises(AssertionError):
      SecondOrder()(*arguments)

  def test_registry(self):
    self.assertEqual(
      list(architecture_gradients),
      [
        'one_level',
        'first_order',
        'second_order',
        'second_order_exact',
        'amended',
        'amended_exact',
        'implicit',
        'implicit_cg',
      ],
    )
    for name in architecture_gradients:
      self.assertEqual(architecture_gradients[name].name, name)
    self.assertFalse(architecture_gradients['one_level']().uses_validation)
    self.assertTrue(architecture_gradients['first_order']().uses_validation)
    with self.assertRaisesRegex(
      InputError, "Did you mean 'second_order'.*gradient='second_ordr'"
    ):
      architecture_gradients['second_ordr']


if __name__ == '__main__':
  tf.test.main()
