import numpy as np
from absl.testing import absltest

from darts_tf.architecture_gradient.random_quadratics import correction_cosines
from darts_tf.config.errors import InputError


class CorrectionCosinesTest(absltest.TestCase):
  def test_all_agree_if_the_hessian_is_the_identity(self):
    for cosines in correction_cosines(1.0, num_problems=5):
      np.testing.assert_allclose(cosines, 1)

  def test_one_weight(self):
    # Whatever the curvature, all corrections lie along the one column of M.
    for cosines in correction_cosines(7.0, num_problems=5, num_weights=1):
      np.testing.assert_allclose(cosines, 1)

  def test_by_matrices(self):
    cosines = correction_cosines(
      10.0, num_problems=1, num_weights=3, num_alphas=2, seed=4
    )
    rng = np.random.default_rng(4)
    m, v = rng.standard_normal((2, 3)), rng.standard_normal(3)
    h = np.diag([0.1, np.sqrt(0.1), 1])
    exact = -m @ np.linalg.solve(h, v)
    rest = np.eye(3) - h
    for vector, cosine in zip(
      (v, h @ v, v + rest @ v + rest @ rest @ v), cosines
    ):
      other = -m @ vector
      self.assertAlmostEqual(
        cosine[0],
        exact @ other / (np.linalg.norm(exact) * np.linalg.norm(other)),
      )

  def test_the_sign_is_not_certain(self):
    cosines = correction_cosines(1000.0)
    self.assertLess(cosines.amended.min(), 0)
    self.assertGreater(cosines.second_order.mean(), cosines.amended.mean())

  def test_refused(self):
    with self.assertRaisesRegex(InputError, 'condition=0.5'):
      correction_cosines(0.5)


if __name__ == '__main__':
  absltest.main()
