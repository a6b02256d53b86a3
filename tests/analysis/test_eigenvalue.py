import unittest

import numpy as np
from absl.testing import parameterized

from darts_tf.analysis.eigenvalue import check_symmetric, largest_eigenvalue
from darts_tf.config.errors import DivergedError, InputError

RNG = np.random.default_rng(7)

SPECTRA = {
  'one_row': [-3.0],
  'positive': np.linspace(0.1, 4.0, 20),
  'all_negative': -np.linspace(0.5, 4.0, 20),
  'negative_of_largest_modulus': [-50.0, *np.linspace(-1.0, 2.0, 19)],
  'equal_moduli': [-2.0, 2.0, *np.linspace(-1.0, 1.0, 18)],
  'multiple': [1.0] * 5 + [3.0] * 5,
  'identity': [2.0] * 6,
  'zero': [0.0] * 6,
  'zero_is_largest': [*-np.linspace(0.5, 4.0, 10), *[0.0] * 10],
  'small_beside_large': [1e-5, *-np.linspace(0.5, 4.0, 10), *[0.0] * 10],
  'close': [*np.linspace(0.9, 0.99, 40), 1.0],
  'many_scales': np.geomspace(1e-6, 1.0, 40),
}


def matrix_of(spectrum):
  """A symmetric matrix with these eigenvalues and random eigenvectors."""
  size = len(spectrum)
  vectors, _ = np.linalg.qr(RNG.normal(size=(size, size)))
  return vectors @ np.diag(spectrum) @ vectors.T


class Counted:
  """Products with a matrix, counted."""

  def __init__(self, matrix):
    self.matrix, self.calls = matrix, 0

  def __call__(self, vector):
    self.calls += 1
    return self.matrix @ vector


class LargestEigenvalueTest(parameterized.TestCase):
  @parameterized.product(spectrum=list(SPECTRA), seed=(0, 1))
  def test_spectrum(self, spectrum, seed):
    values = np.array(SPECTRA[spectrum])
    product = Counted(matrix_of(values))
    result = largest_eigenvalue(product, len(values), seed=seed)
    largest = values.max()
    rounding = 1e-12 * np.abs(values).max()
    self.assertLessEqual(
      abs(result.value - largest), 1e-3 * abs(largest) + rounding
    )
    # Never above it: the maximum of a quotient over a subspace.
    self.assertLessEqual(result.value, largest + rounding)
    self.assertEqual(result.products, product.calls)
    self.assertLessEqual(result.products, len(values))

  @parameterized.parameters(*SPECTRA)
  def test_residual_and_vector(self, spectrum):
    values = np.array(SPECTRA[spectrum])
    matrix = matrix_of(values)
    result = largest_eigenvalue(Counted(matrix), len(values))
    self.assertAlmostEqual(np.linalg.norm(result.vector), 1.0, delta=1e-12)
    residual = np.linalg.norm(
      matrix @ result.vector - result.value * result.vector
    )
    rounding = 1e-12 * np.abs(values).max()
    self.assertAlmostEqual(result.residual, residual, delta=rounding)
    self.assertLessEqual(residual, 1e-3 * abs(result.value) + rounding)
    # What the residual promises.
    self.assertLessEqual(
      np.abs(values - result.value).min(), residual + rounding
    )

  def test_tolerance(self):
    values = np.array(SPECTRA['positive'])
    product = Counted(matrix_of(values))
    rough, fine = (
      largest_eigenvalue(product, len(values), tolerance)
      for tolerance in (0.1, 1e-9)
    )
    self.assertLess(rough.products, fine.products)
    self.assertLessEqual(fine.residual, 1e-9 * fine.value)
    self.assertAlmostEqual(fine.value, values.max(), delta=1e-12)

  def test_last_iterate_alone_would_not_do(self):
    values = np.array([*np.linspace(0.0, 0.99, 199), 1.0])
    matrix = matrix_of(values)
    result = largest_eigenvalue(Counted(matrix), len(values))
    self.assertLessEqual(abs(result.value - 1.0), 1e-3)
    # Its error shrinks by 0.99 a product.
    iterate = np.random.default_rng(0).standard_normal(len(values))
    for _ in range(result.products):
      iterate = matrix @ iterate / np.linalg.norm(matrix @ iterate)
    theta = iterate @ matrix @ iterate
    self.assertGreater(
      np.linalg.norm(matrix @ iterate - theta * iterate), 10 * result.residual
    )

  @parameterized.parameters('zero', 'zero_is_largest', 'multiple')
  def test_one_product_a_distinct_eigenvalue(self, spectrum):
    # The space cannot grow further; no residual is small beside 0.
    values = SPECTRA[spectrum]
    result = largest_eigenvalue(
      Counted(matrix_of(values)), len(values), tolerance=1e-9
    )
    self.assertLessEqual(result.products, len(set(values)))

  @parameterized.parameters(1e-3, 0.0)
  def test_products_that_are_rounded(self, largest):
    # Float32 leaves the products of a matrix slightly asymmetric. Beside 0
    # no residual is small, so it ends when the space is the whole one.
    values = np.array([*-np.geomspace(0.01, 5.0, 40), largest])
    matrix = matrix_of(values).astype(np.float32)

    def product(vector):
      return (matrix @ vector.astype(np.float32)).astype(np.float64)

    result = largest_eigenvalue(product, len(values))
    self.assertAlmostEqual(result.value, largest, delta=1e-5)

  def test_same_seed_same_result(self):
    values = np.array(SPECTRA['close'])
    matrix = matrix_of(values)
    first, again, other = (
      largest_eigenvalue(Counted(matrix), len(values), seed=seed)
      for seed in (3, 3, 4)
    )
    self.assertEqual(first.value, again.value)
    self.assertNotEqual(first.value, other.value)

  def test_too_few_iterations(self):
    values = np.array(SPECTRA['positive'])
    with self.assertRaisesRegex(
      DivergedError,
      'more max_iterations.*Received: max_iterations=2, tolerance=0.001',
    ):
      largest_eigenvalue(
        Counted(matrix_of(values)), len(values), max_iterations=2
      )

  def test_products_that_are_wrong(self):
    values = np.array(SPECTRA['positive'])
    matrix = matrix_of(values)
    check_symmetric(matrix + 1e-6 * RNG.normal(size=matrix.shape))
    wrong = matrix + 0.2 * RNG.normal(size=matrix.shape)
    with self.assertRaisesRegex(
      InputError, 'not symmetric.*Received: asymmetry=0.'
    ):
      check_symmetric(wrong)
    for iterations in (5, 100):
      with self.assertRaisesRegex(InputError, 'not symmetric'):
        largest_eigenvalue(Counted(wrong), len(values), 1e-9, iterations)

  @parameterized.parameters(
    dict(tolerance=0.0), dict(tolerance=float('nan')), dict(max_iterations=0)
  )
  def test_bad_options(self, **options):
    [(name, value)] = options.items()
    with self.assertRaisesRegex(InputError, f'Received: {name}={value!r}'):
      largest_eigenvalue(lambda x: x, 3, **options)


if __name__ == '__main__':
  unittest.main()
