"""Curvature of the validation loss in the architecture parameters."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from darts_tf.analysis.eigenvalue import check_symmetric, largest_eigenvalue
from darts_tf.architecture_gradient import BilevelProblem
from darts_tf.architecture_gradient import tensors as algebra
from darts_tf.architecture_gradient.differentiate import value_and_gradients
from darts_tf.config.errors import DivergedError, InputError, unknown_name

Tensors = list[tf.Tensor]

EIGENVALUE_METHODS = ('exact', 'power')


def hessian_vector_product(
  problem: BilevelProblem,
  weights: Sequence,
  alphas: Sequence,
  batch: Any,
  vector: Sequence[tf.Tensor],
) -> Tensors:
  """Returns d2L_V/dalpha2 v, the weights held fixed.

  d<dL_V/dalpha, v>/dalpha by reverse differentiation of the gradient: the
  cost of a few passes, whatever the number of alphas.

  Args:
    problem: the losses and the reduction over replicas.
    weights: w; tensors or variables.
    alphas: the architecture parameters, likewise.
    batch: passed to `problem.validation_loss`.
    vector: v, shaped like alphas; equal on all replicas.

  Returns:
    The product, shaped like alphas, of the global batch: equal on all
    replicas.
  """
  weights = algebra.as_tensors(weights)
  alphas = algebra.as_tensors(alphas)
  with tf.GradientTape(watch_accessed_variables=False) as tape:
    tape.watch(alphas)
    _, gradients = value_and_gradients(
      lambda: problem.validation_loss(weights, alphas, batch), alphas
    )
  product = tape.gradient(gradients, alphas, output_gradients=list(vector))
  return problem.reduce(algebra.dense(product, alphas))


class AlphaHessian:
  """d2L_V/dalpha2, over the entries of all alphas concatenated.

  What is logged in every epoch is traced once: variables are read at each
  call. With several replicas `batch` is the distributed batch, and results
  are those of the global batch, if normalization is synchronized.

  Args:
    problem: the losses and the reduction over replicas.
    weights: w; tensors, or variables.
    alphas: the architecture parameters, likewise.
    mask: boolean arrays shaped like alphas: the entries that exist, see
      `SearchSpace.candidate_mask`. The others have no part in the matrix;
      as rows of zeros they would give it eigenvalues 0. By default all
      exist.
    strategy: under which variables were created; the current one by
      default.

  Raises:
    InputError: if the mask does not have the shapes of the alphas, or no
      entry exists.
  """

  def __init__(
    self,
    problem: BilevelProblem,
    weights: Sequence,
    alphas: Sequence,
    mask: Sequence[np.ndarray] | None = None,
    strategy: tf.distribute.Strategy | None = None,
  ):
    self._shapes = [tuple(np.shape(alpha)) for alpha in alphas]
    self._lengths = [math.prod(shape) for shape in self._shapes]
    self._entries = _existing(mask, self._shapes)
    strategy = strategy or tf.distribute.get_strategy()

    def product(batch, vector):
      here = algebra.as_tensors(alphas)
      parts = tf.split(vector, self._lengths)
      parts = [
        tf.cast(tf.reshape(part, alpha.shape), alpha.dtype)
        for part, alpha in zip(parts, here, strict=True)
      ]
      result = hessian_vector_product(problem, weights, here, batch, parts)
      return tf.concat(
        [tf.reshape(tf.cast(x, vector.dtype), [-1]) for x in result], 0
      )

    def distributed(batch, vector):
      result = strategy.run(product, args=(batch, vector))
      return strategy.experimental_local_results(result)[0]

    self._product = tf.function(distributed, autograph=False)

  @property
  def size(self) -> int:
    """Number of entries of the alphas that exist: rows of the matrix."""
    return len(self._entries)

  def product(self, batch: Any, vector: np.ndarray) -> np.ndarray:
    """Returns the product with a vector.

    Args:
      batch: passed to `problem.validation_loss`.
      vector: `(size,)`.

    Returns:
      An array `(size,)`, float64.
    """
    full = np.zeros(sum(self._lengths))
    full[self._entries] = vector
    result = self._product(batch, tf.constant(full)).numpy()
    if not np.isfinite(result).all():
      raise DivergedError(
        'The Hessian of the validation loss by alpha has a NaN or an'
        ' infinity; expected finite weights, alphas and images. Received:'
        f' {np.count_nonzero(~np.isfinite(result))} of {result.size}'
        ' entries of a product not finite'
      )
    return result[self._entries]

  def matrix(self, batch: Any) -> np.ndarray:
    """Returns the matrix, by one product a column.

    It is symmetric up to rounding, which is left as it is: what is more
    comes from an operation whose second derivative is wrong.

    Args:
      batch: passed to `problem.validation_loss`.

    Returns:
      An array `(size, size)`, float64.
    """
    columns = [self.product(batch, unit) for unit in np.eye(self.size)]
    return np.stack(columns, axis=1)

  def dominant_eigenvalue(
    self,
    batch: Any,
    method: str = 'exact',
    tolerance: float = 1e-3,
    max_iterations: int = 100,
    seed: int = 0,
  ) -> float:
    """Returns the largest eigenvalue; see `dominant_eigenvalue`."""
    if method not in EIGENVALUE_METHODS:
      raise unknown_name('eigenvalue_method', method, EIGENVALUE_METHODS)
    find = {'exact': self._by_matrix, 'power': self._by_products}[method]
    return find(batch, tolerance, max_iterations, seed)

  def _by_matrix(self, batch, *unused_limits) -> float:
    matrix = self.matrix(batch)
    check_symmetric(matrix)
    return float(np.linalg.eigvalsh((matrix + matrix.T) / 2)[-1])

  def _by_products(self, batch, tolerance, max_iterations, seed) -> float:
    return largest_eigenvalue(
      lambda vector: self.product(batch, vector),
      self.size,
      tolerance,
      max_iterations,
      seed,
    ).value


def alpha_hessian(
  problem: BilevelProblem,
  weights: Sequence,
  alphas: Sequence,
  batch: Any,
  mask: Sequence[np.ndarray] | None = None,
) -> np.ndarray:
  """Returns d2L_V/dalpha2 over the entries of all alphas concatenated.

  To compute it repeatedly, keep an `AlphaHessian`, whose arguments these
  are.

  Args:
    problem: the losses.
    weights: w; tensors or variables.
    alphas: the architecture parameters, likewise.
    batch: passed to `problem.validation_loss`.
    mask: see `AlphaHessian`.

  Returns:
    An array `(n, n)`, float64, for n entries that exist.
  """
  return AlphaHessian(problem, weights, alphas, mask).matrix(batch)


def dominant_eigenvalue(
  problem: BilevelProblem,
  weights: Sequence,
  alphas: Sequence,
  batch: Any,
  method: str = 'exact',
  mask: Sequence[np.ndarray] | None = None,
  tolerance: float = 1e-3,
  max_iterations: int = 100,
  seed: int = 0,
) -> float:
  r"""Returns the largest eigenvalue of d2L_V/dalpha2.

  The indicator of R-DARTS (arXiv:1909.09656, section 4): the maximum, not
  the maximum modulus, over all alphas jointly, on one validation batch, at
  fixed weights. A softmax over the candidates of an edge does not change
  when a number is added to the edge's alphas, so with it 0 is an eigenvalue,
  once an edge, and the largest one is not negative.

  Args:
    problem: the losses.
    weights: w; tensors or variables.
    alphas: the architecture parameters, likewise.
    batch: passed to `problem.validation_loss`.
    method: `exact`, by the whole matrix, one product a column; or `power`,
      by `darts_tf.analysis.eigenvalue.largest_eigenvalue`.
    mask: see `AlphaHessian`.
    tolerance: of `power`: an eigenvalue lies within this fraction of the
      result.
    max_iterations: of `power`: most products to take.
    seed: of the start vector of `power`.

  Returns:
    The eigenvalue.

  Raises:
    InputError: if the method is unknown, the mask does not fit, or the
      matrix is not symmetric.
    DivergedError: if a product is not finite, or `power` has not converged.
  """
  return AlphaHessian(problem, weights, alphas, mask).dominant_eigenvalue(
    batch, method, tolerance, max_iterations, seed
  )


def _existing(
  mask: Sequence[np.ndarray] | None, shapes: list[tuple[int, ...]]
) -> np.ndarray:
  """Returns the positions of existing entries in the concatenation."""
  if mask is None:
    mask = [np.ones(shape, bool) for shape in shapes]
  mask = [np.asarray(part, bool) for part in mask]
  if [part.shape for part in mask] != shapes:
    raise InputError(
      'The mask does not fit the alphas; expected one array for each of'
      f' them, of its shape: {shapes}.'
      f' Received: mask of shapes {[part.shape for part in mask]}'
    )
  entries = np.flatnonzero(np.concatenate([part.ravel() for part in mask]))
  if not entries.size:
    raise InputError(
      'There is no entry of alpha to differentiate by; expected at least'
      f' one. Received: alphas of shapes {shapes}'
    )
  return entries
