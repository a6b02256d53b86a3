"""The implicit gradient, by conjugate gradients."""

import dataclasses

import tensorflow as tf

from darts_tf.architecture_gradient import tensors as algebra
from darts_tf.architecture_gradient.correction import (
  CorrectedGradient,
  Direction,
)
from darts_tf.architecture_gradient.options import at_least
from darts_tf.architecture_gradient.products import ExactSecondDerivatives


@dataclasses.dataclass(frozen=True)
class ImplicitCG(CorrectedGradient):
  """g = g1 - M q,  (H + damping I) q = v by conjugate gradients.

  The exact gradient at a minimum of L_T by the implicit function theorem
  (arXiv:1911.02590), for problems that are small enough for a
  product with H an iteration. Far from a minimum H may have negative
  eigenvalues, where the method is not defined: it stops at the first
  direction whose curvature is not positive, and takes what it has. Products
  are exact.

  Args:
    cg_iterations: largest number of iterations, 1 or more; as many as there
      are weights solve the system up to rounding.
    damping: added to the eigenvalues of H, 0 or more.
  """

  cg_iterations: int = 10
  damping: float = 0.01

  name = 'implicit_cg'
  differentiates_twice = True

  def __post_init__(self):
    at_least('cg_iterations', self.cg_iterations, 1)
    at_least('damping', self.damping, 0)

  def second_derivatives(self, problem, weights, alphas, batch):
    """Nested differentiation."""
    return ExactSecondDerivatives(problem, weights, alphas, batch)

  def direction(self, products, vector, inner):
    """Returns the solution after the last iteration, and its residual."""
    del inner
    solution = algebra.scaled(0.0, vector)
    residual = search = vector
    square = algebra.inner_product(residual, residual)
    first = square
    for _ in range(self.cg_iterations):
      product = algebra.axpy(self.damping, search, products.hessian(search))
      curvature = algebra.inner_product(search, product)
      # Zero from the first direction on that is not convex, and at the
      # solution, where nothing is left to search along.
      step = tf.where(
        curvature > 0, algebra.ratio(square, curvature), tf.zeros_like(square)
      )
      solution = algebra.axpy(step, search, solution)
      residual = algebra.axpy(-step, product, residual)
      new_square = algebra.inner_product(residual, residual)
      beta = algebra.ratio(new_square, square)
      # A direction of zero length ends the iteration: its curvature is 0.
      going_on = tf.cast(curvature > 0, beta.dtype)
      search = algebra.scaled(going_on, algebra.axpy(beta, search, residual))
      square = new_square
    return Direction(
      solution, {'cg_residual': tf.sqrt(algebra.ratio(square, first))}
    )
