"""The largest eigenvalue of a symmetric matrix known by its products."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from darts_tf.architecture_gradient.checks import at_least, positive
from darts_tf.config.errors import DivergedError, InputError

# Two passes of Gram-Schmidt leave a vector orthogonal up to rounding.
_PASSES = 2
# Of the largest modulus: what rounding leaves of a residual of zero.
_ROUNDING = 100 * np.finfo(np.float64).eps
# Rounding in float32 leaves some 1e-6.
_LARGEST_ASYMMETRY = 0.01


class Eigenpair(NamedTuple):
  """An approximate eigenvalue with its eigenvector.

  Args:
    value: the eigenvalue.
    vector: the eigenvector, of length 1, `(size,)`.
    residual: |A x - value x|; some eigenvalue of A is this close to `value`.
    products: number of products with A that it took.
  """

  value: float
  vector: np.ndarray
  residual: float
  products: int


def largest_eigenvalue(
  product: Callable[[np.ndarray], np.ndarray],
  size: int,
  tolerance: float = 1e-3,
  max_iterations: int = 100,
  seed: int = 0,
) -> Eigenpair:
  r"""Returns the largest eigenvalue of A: the maximum, not that of modulus.

  Power iteration with all its iterates kept (the Lanczos method): after j
  products with a symmetric A,

  theta = max_x x'Ax / x'x over x in span{b, A b, ..., A^(j-1) b},

  which never exceeds the largest eigenvalue, whatever its sign, and tends to
  it much faster than the last iterate does. The basis is orthogonalized
  fully. The projected matrix and the residual are made of the products
  themselves instead of the three-term recurrence, so that rounding in
  products cannot feign convergence. As A is symmetric, an eigenvalue lies
  within |A x - theta x| of theta; iteration stops when this is at most
  `tolerance * |theta|`, or rounding, or when the space is the whole one.
  A product is what costs time: `scipy.sparse.linalg.eigsh` takes about twice
  as many, since it looks at no residual before the twentieth, and it refuses
  a matrix of zeros or of one row.

  Args:
    product: x to A x, arrays `(size,)`.
    size: rows of A, 1 or more.
    tolerance: the largest residual relative to |theta|, above 0.
    max_iterations: most products to take, 1 or more.
    seed: of the normal start vector b.

  Returns:
    The `Eigenpair`.

  Raises:
    InputError: if A is not symmetric, or an option is out of range.
    DivergedError: if it has not converged after `max_iterations` products.
  """
  positive('tolerance', tolerance)
  at_least('max_iterations', max_iterations, 1)
  vector = np.random.default_rng(seed).standard_normal(size)
  basis, images = np.empty((2, size, 0))
  for count in range(1, min(size, max_iterations) + 1):
    vector = _orthogonal(vector, basis)
    basis = np.column_stack([basis, vector])
    images = np.column_stack([images, product(vector)])
    projected = basis.T @ images
    values, vectors = np.linalg.eigh((projected + projected.T) / 2)
    theta, coordinates = values[-1], vectors[:, -1]
    # Orthogonal to the basis, hence also what the next power adds to it.
    vector = (images - theta * basis) @ coordinates
    residual = np.linalg.norm(vector)
    enough = max(tolerance * abs(theta), _ROUNDING * np.abs(values).max())
    if residual <= enough or count == size:
      check_symmetric(projected)
      return Eigenpair(
        float(theta), basis @ coordinates, float(residual), count
      )
  check_symmetric(projected)
  raise DivergedError(
    'The largest eigenvalue has not been found: its residual is'
    f' {residual:.3g} at the value {theta:.3g}; expected more'
    ' max_iterations, a larger tolerance, or the exact method.'
    f' Received: max_iterations={max_iterations}, tolerance={tolerance:g}'
  )


def check_symmetric(matrix: np.ndarray) -> None:
  """Refuses a matrix of second derivatives that cannot be right.

  Args:
    matrix: `(rows, rows)`.

  Raises:
    InputError: if its halves differ by more than rounding can explain.
  """
  difference = np.linalg.norm(matrix - matrix.T) / 2
  if difference > _LARGEST_ASYMMETRY * np.linalg.norm(matrix):
    asymmetry = difference / np.linalg.norm(matrix)
    raise InputError(
      'The matrix of second derivatives is not symmetric; expected'
      ' operations whose gradients can be differentiated correctly.'
      f' Received: asymmetry={asymmetry:.2g}'
    )


def _orthogonal(vector: np.ndarray, basis: np.ndarray) -> np.ndarray:
  """Returns the part of a vector outside of a basis, of length 1."""
  for _ in range(_PASSES):
    vector = vector - basis @ (basis.T @ vector)
    vector = vector / np.linalg.norm(vector)
  return vector
