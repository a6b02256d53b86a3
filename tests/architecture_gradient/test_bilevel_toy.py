import time

import tensorflow as tf
from absl.testing import parameterized

from darts_tf.architecture_gradient import ArchitectureGradient, Estimator
from darts_tf.architecture_gradient.bilevel_toy import solve
from darts_tf.config.errors import DivergedError, InputError


class BilevelToyTest(tf.test.TestCase, parameterized.TestCase):
  @parameterized.product(
    case=(
      (0, 659, 2.002),
      (0.3, 411, 1.249),
      (0.5, 296, 1.003),
      (0.7, 335, 0.831),
    ),
    gradient=('second_order', 'second_order_exact'),
  )
  def test_published_iterations(self, case, gradient):
    xi, iterations, alpha = case
    path = solve(xi, gradient)
    self.assertEqual(path.iterations, iterations)
    self.assertAlmostEqual(path.alpha[-1], alpha, delta=6e-4)
    self.assertTrue(path.converged)
    self.assertLen(path.alpha, iterations + 1)
    self.assertLen(path.w, iterations + 1)
    self.assertEqual((path.alpha[0], path.w[0]), (2.0, -2.0))

  def test_first_order_by_name(self):
    self.assertEqual(solve(0, 'first_order'), solve(0, 'second_order'))

  def test_first_step_moves_alpha_before_w(self):
    path = solve(0.0, learning_rate=0.1, max_iterations=1)
    alpha = 2.0 - 0.1 * (-2.0 - 2.0)
    self.assertAllClose(path.alpha, [2.0, alpha])
    self.assertAllClose(path.w, [-2.0, -2.0 - 0.1 * 2 * (-2.0 - alpha)])
    self.assertFalse(path.converged)
    self.assertEqual(path.iterations, 1)

  def test_own_estimator(self):

    class Solution(Estimator):
      name = 'solution'

      def __call__(self, problem, weights, alphas, *unused):
        gradient = weights[0] - 2 + alphas[0]
        return ArchitectureGradient([gradient], gradient)

    self.assertAllClose(solve(0, Solution()).alpha[-1], 1.0, atol=0.02)

  def test_is_quick(self):
    start = time.monotonic()
    for xi in (0, 0.3, 0.5, 0.7):
      solve(xi)
    self.assertLess(time.monotonic() - start, 20)

  @parameterized.parameters(
    (dict(xi=-0.1), 'finite number of at least 0. Received: xi=-0.1'),
    (dict(xi=float('nan')), 'Received: xi=nan'),
    (dict(xi=0, learning_rate=0.0), 'above 0. Received: learning_rate=0.0'),
    (dict(xi=0, tolerance=-1.0), 'Received: tolerance=-1.0'),
    (dict(xi=0, max_iterations=0), 'Received: max_iterations=0'),
    (
      dict(xi=0.5, gradient='first_order'),
      'first_order has no inner step.*Received: xi=0.5',
    ),
    (dict(xi=0, gradient='third_order'), "gradient='third_order'"),
  )
  def test_refused(self, arguments, message):
    with self.assertRaisesRegex(InputError, message):
      solve(**arguments)

  def test_divergence(self):
    with self.assertRaisesRegex(
      DivergedError, 'diverged.*Received: learning_rate=5.0'
    ):
      solve(0.5, learning_rate=5.0)


if __name__ == '__main__':
  tf.test.main()
