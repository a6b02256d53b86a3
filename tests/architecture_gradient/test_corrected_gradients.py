import dataclasses

import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from bilevel_problems import Mixture, Quadratic, mixture_inputs

from darts_tf.architecture_gradient import (
  Amended,
  AmendedExact,
  FirstOrder,
  Implicit,
  ImplicitCG,
  InnerStep,
  SecondOrderExact,
  architecture_gradients,
)
from darts_tf.architecture_gradient.bilevel_toy import ToyProblem
from darts_tf.config.errors import DivergedError, InputError

AMENDED = (Amended(eta=0.3), AmendedExact(eta=0.3))


class AtTheOptimum(Quadratic):
  """The quadratic with w = w*(alpha), where the theory holds."""

  def __init__(self, seed=0):
    super().__init__(seed)
    self.w = -np.linalg.solve(self.h, self.m.T @ self.alpha)

  def hypergradient(self):
    """The derivative of L_V(w*(alpha), alpha), in closed form."""
    jacobian = -np.linalg.solve(self.h, self.m.T)  # dw*/dalpha
    direct = self.coupling @ self.w + self.d @ self.alpha
    return direct + jacobian.T @ self.validation_gradient()

  def validation_gradient(self):
    return self.a @ self.w + self.b + self.coupling.T @ self.alpha


def terms(problem):
  """Returns g1 and v of a quadratic."""
  direct = problem.coupling @ problem.w + problem.d @ problem.alpha
  v = problem.a @ problem.w + problem.b + problem.coupling.T @ problem.alpha
  return direct, v


def estimate(estimator, problem, rate=0.05):
  weights = problem.split(problem.w)
  alphas = [tf.constant(problem.alpha)]
  # Momentum and decay must play no part: the weights are not stepped.
  inner = InnerStep(rate, 0.9, 0.2, problem.split(problem.velocity))
  return estimator(problem, weights, alphas, None, None, inner)


class QuadraticTest(tf.test.TestCase, parameterized.TestCase):
  @parameterized.product(estimator=AMENDED, seed=(0, 1, 2))
  def test_amended_formula(self, estimator, seed):
    problem = Quadratic(seed)
    direct, v = terms(problem)
    result = estimate(estimator, problem)
    expected = direct - 0.3 * problem.m @ problem.h @ v
    self.assertAllClose(result.gradients[0], expected, rtol=1e-8, atol=1e-8)
    self.assertAllClose(
      result.validation_loss, problem.expected(0.0)[1], rtol=1e-12
    )

  @parameterized.product(terms_=(0, 1, 2, 7), step=(0.02, None), seed=(0, 1))
  def test_neumann_formula(self, terms_, step, seed):
    problem = Quadratic(seed)
    direct, v = terms(problem)
    gamma = 0.05 if step is None else step
    factor = np.eye(len(v)) - gamma * problem.h
    series = sum(np.linalg.matrix_power(factor, j) for j in range(terms_ + 1))
    result = estimate(Implicit(terms_, step), problem, rate=0.05)
    self.assertAllClose(
      result.gradients[0],
      direct - gamma * problem.m @ series @ v,
      rtol=1e-8,
      atol=1e-8,
    )

  @parameterized.product(damping=(0.0, 0.5), seed=(0, 1))
  def test_conjugate_gradient_formula(self, damping, seed):
    problem = Quadratic(seed)
    direct, v = terms(problem)
    result = estimate(ImplicitCG(len(v) + 2, damping), problem)
    solution = np.linalg.solve(problem.h + damping * np.eye(len(v)), v)
    self.assertAllClose(
      result.gradients[0], direct - problem.m @ solution, rtol=1e-8, atol=1e-8
    )
    self.assertLess(float(result.metrics['cg_residual']), 1e-8)

  def test_conjugate_gradient_residual(self):
    problem = Quadratic()
    _, v = terms(problem)
    result = estimate(ImplicitCG(1, 0.0), problem)
    # One iteration is a step of steepest descent.
    step = v @ v / (v @ problem.h @ v)
    residual = v - step * problem.h @ v
    self.assertAllClose(
      result.metrics['cg_residual'],
      np.linalg.norm(residual) / np.linalg.norm(v),
      rtol=1e-9,
    )

  def test_conjugate_gradient_stops_without_convexity(self):
    problem = Quadratic()
    problem.h = -problem.h
    direct, _ = terms(problem)
    result = estimate(ImplicitCG(5, 0.0), problem)
    # The first direction goes downhill for ever: nothing is added.
    self.assertAllClose(result.gradients[0], direct, rtol=1e-12)
    self.assertAllClose(result.metrics['cg_residual'], 1.0)

  def test_neumann_without_terms_is_second_order_at_the_weights(self):
    problem = Quadratic()
    direct, v = terms(problem)
    self.assertAllClose(
      estimate(Implicit(0, 0.1), problem).gradients[0],
      direct - 0.1 * problem.m @ v,
      rtol=1e-10,
    )

  def test_implicit_gradients_tend_to_the_true_one(self):
    problem = AtTheOptimum()
    true = problem.hypergradient()
    step = 1 / np.linalg.eigvalsh(problem.h).max()

    def error(estimator):
      gradient = estimate(estimator, problem).gradients[0].numpy()
      return np.linalg.norm(gradient - true) / np.linalg.norm(true)

    errors = [error(Implicit(terms_, step)) for terms_ in (0, 10, 100, 1000)]
    self.assertEqual(errors, sorted(errors, reverse=True))
    self.assertLess(errors[-1], 1e-4)
    self.assertLess(error(ImplicitCG(7, 0.0)), 1e-8)
    # What tends to it is not there at once.
    self.assertGreater(errors[0], 0.05)
    # The others approximate something else.
    for other in (FirstOrder(), AmendedExact(0.1)):
      self.assertGreater(error(other), 0.05)

  def test_terms_may_point_away_from_each_other(self):
    # The counter-example in the documentation of `Amended`.
    h, v = np.diag([1.0, 10.0]), np.array([1.0, 1.0])
    m = np.array([[1.0, -0.5]])
    self.assertAllClose(-m @ np.linalg.solve(h, v), [-0.95])
    self.assertAllClose(-m @ h @ v, [4.0])
    # With H a multiple of the identity they agree in direction.
    h = 3 * np.eye(2)
    self.assertGreater(((m @ np.linalg.solve(h, v)) * (m @ h @ v)).item(), 0)


class ToyTest(tf.test.TestCase, parameterized.TestCase):
  """H = 2, M = -2, v = alpha."""

  def gradient(self, estimator, alpha, w):
    return estimator(
      ToyProblem(),
      [tf.constant(w, tf.float64)],
      [tf.constant(alpha, tf.float64)],
      None,
      None,
      InnerStep(0.3),
    )

  @parameterized.product(start=((2.0, -2.0), (0.5, 3.0)), eta=(0.1, 0.25))
  def test_amended(self, start, eta):
    alpha, w = start
    for estimator in (Amended(eta), AmendedExact(eta)):
      self.assertAllClose(
        self.gradient(estimator, alpha, w).gradients[0],
        w - 2 + 4 * eta * alpha,
        rtol=1e-9,
      )

  @parameterized.product(start=((2.0, -2.0), (0.5, 3.0)), terms_=(0, 1, 20))
  def test_neumann(self, start, terms_):
    alpha, w = start
    result = self.gradient(Implicit(terms_, 0.3), alpha, w)
    self.assertAllClose(
      result.gradients[0],
      w - 2 + alpha * (1 - (1 - 0.6) ** (terms_ + 1)),
      rtol=1e-9,
    )

  def test_conjugate_gradient(self):
    self.assertAllClose(
      self.gradient(ImplicitCG(1, 0.0), 2.0, -2.0).gradients[0], -2.0 - 2 + 2
    )


class DifferencesTest(tf.test.TestCase):
  def run_all(self, estimator):
    weights, alphas, training, validation, velocity = mixture_inputs(6)
    inner = InnerStep(0.1, 0.9, 0.01, velocity)
    return estimator(Mixture(6), weights, alphas, training, validation, inner)

  def test_differences_are_near_exact_on_a_smooth_problem(self):
    exact = self.run_all(AmendedExact()).gradients[0].numpy()
    published = (
      self.run_all(Amended(difference_radius=0.01)).gradients[0].numpy()
    )
    finer = self.run_all(Amended(difference_radius=0.001)).gradients[0].numpy()
    scale = np.abs(exact).max()
    error = np.abs(published - exact).max()
    self.assertLess(error / scale, 1e-3)
    # The error of a central difference is quadratic in its step.
    self.assertBetween(error / np.abs(finer - exact).max(), 50, 200)

  def test_corrections_are_not_nothing(self):
    first = self.run_all(FirstOrder()).gradients[0]
    for estimator in (Amended(), AmendedExact(), Implicit(), ImplicitCG()):
      self.assertNotAllClose(
        self.run_all(estimator).gradients[0], first, rtol=1e-3
      )

  def test_implicit_differs_from_the_inner_step(self):
    # Without terms and momentum: the same correction, at other weights.
    weights, alphas, training, validation, _ = mixture_inputs(6)
    inner = InnerStep(1e-6)
    run = lambda estimator: estimator(  # noqa: E731
      Mixture(6), weights, alphas, training, validation, inner
    ).gradients[0]
    self.assertAllClose(run(Implicit(0)), run(SecondOrderExact()), rtol=1e-4)


class OptionsTest(tf.test.TestCase, parameterized.TestCase):
  @parameterized.parameters(
    (lambda: Amended(eta=0.0), 'eta=0.0'),
    (lambda: AmendedExact(eta=-1.0), 'eta=-1.0'),
    (lambda: Amended(eta=float('nan')), 'eta=nan'),
    (lambda: Amended(difference_radius=0.0), 'difference_radius=0.0'),
    (lambda: Implicit(neumann_terms=-1), 'neumann_terms=-1'),
    (lambda: Implicit(neumann_step=0.0), 'neumann_step=0.0'),
    (lambda: ImplicitCG(cg_iterations=0), 'cg_iterations=0'),
    (lambda: ImplicitCG(damping=-0.1), 'damping=-0.1'),
  )
  def test_bad_numbers(self, make, received):
    with self.assertRaisesRegex(InputError, received):
      make()

  def test_configured(self):
    configured = architecture_gradients.configured
    self.assertEqual(configured('amended', {'eta': 0.2}), Amended(0.2))
    self.assertEqual(
      configured('implicit', {'eta': None, 'neumann_terms': 3}), Implicit(3)
    )
    with self.assertRaisesRegex(
      InputError,
      "eta does not belong to gradient 'first_order'.*amended.*amended_exact",
    ):
      configured('first_order', {'eta': 0.1})
    with self.assertRaisesRegex(InputError, 'eta'):
      configured('amended', {'eta': 0})

  def test_a_series_that_diverges_is_refused(self):
    problem = Quadratic()
    largest = np.linalg.eigvalsh(problem.h).max()
    for factor, diverges in ((1.9, False), (2.2, True)):
      estimator = Implicit(200, factor / largest)
      metrics = {
        name: float(value)
        for name, value in estimate(estimator, problem).metrics.items()
      }
      if not diverges:
        estimator.check(metrics)
        continue
      with self.assertRaisesRegex(DivergedError, 'neumann_step below') as error:
        estimator.check(metrics)
      # The step it names would do.
      named = float(
        str(error.exception).split('below ')[1].split('. Received')[0]
      )
      self.assertAllClose(named, 2 / largest, rtol=0.01)

  def test_negative_curvature_is_not_blamed_on_the_step(self):
    problem = Quadratic()
    problem.h = -problem.h
    estimator = Implicit(5, 0.1)
    metrics = {
      name: float(value)
      for name, value in estimate(estimator, problem).metrics.items()
    }
    self.assertGreater(metrics['neumann_growth'], 1)
    estimator.check(metrics)

  def test_no_terms_nothing_to_check(self):
    Implicit(0).check({})

  def test_options_are_fields(self):
    self.assertEqual(
      [f.name for f in dataclasses.fields(Implicit)],
      ['neumann_terms', 'neumann_step'],
    )


if __name__ == '__main__':
  tf.test.main()
