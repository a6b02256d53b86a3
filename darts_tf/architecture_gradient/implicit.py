"""Gradients of the form g1 - M q, at the current weights."""

import abc
import dataclasses
from collections.abc import Mapping
from typing import NamedTuple

import tensorflow as tf

from darts_tf.architecture_gradient import tensors as algebra
from darts_tf.architecture_gradient.checks import at_least, positive
from darts_tf.architecture_gradient.differentiate import value_and_gradients
from darts_tf.architecture_gradient.problem import (
  ArchitectureGradient,
  Estimator,
  InnerStep,
  architecture_gradients,
)
from darts_tf.architecture_gradient.products import (
  DifferenceSecondDerivatives,
  ExactSecondDerivatives,
  SecondDerivatives,
)
from darts_tf.config.errors import DivergedError
from darts_tf.config.options import option

Tensors = list[tf.Tensor]


class Direction(NamedTuple):
  """An approximation of H^-1 v, or of what stands in its place.

  Args:
    vector: q, shaped like w, equal on all replicas.
    metrics: scalars that tell how it came about.
  """

  vector: Tensors
  metrics: Mapping[str, tf.Tensor] = {}


class CorrectedGradient(Estimator):
  """g = g1 - M q with g1 = dL_V/dalpha and q made of v = dL_V/dw and H.

  At a minimum of L_T in w, the implicit function theorem gives the exact
  gradient for q = H^-1 v, with H = d2L_T/dw2 and M = d2L_T/dalpha dw, all
  at the current (w, alpha) (arXiv:1910.11831). Estimators
  differ in q, and in how products with H and M are computed.
  """

  def __call__(
    self, problem, weights, alphas, training_batch, validation_batch, inner
  ):
    weights = algebra.as_tensors(weights)
    alphas = algebra.as_tensors(alphas)
    loss, gradients = value_and_gradients(
      lambda: problem.validation_loss(weights, alphas, validation_batch),
      [*alphas, *weights],
    )
    direct = gradients[: len(alphas)]
    # Reduced before use: products are not linear in shares of the vector.
    vector = problem.reduce(gradients[len(alphas) :])
    products = self.second_derivatives(
      problem, algebra.after(weights, vector), alphas, training_batch
    )
    direction = self.direction(products, vector, inner)
    mixed = products.mixed(direction.vector)
    return ArchitectureGradient(
      problem.reduce(algebra.axpy(-1.0, mixed, direct)),
      problem.reduce([loss])[0],
      direction.metrics,
    )

  @abc.abstractmethod
  def second_derivatives(
    self, problem, weights, alphas, batch
  ) -> SecondDerivatives:
    """Returns the products of the training loss' second derivatives."""

  @abc.abstractmethod
  def direction(
    self, products: SecondDerivatives, vector: Tensors, inner: InnerStep
  ) -> Direction:
    """Returns q.

    Args:
      products: of the training loss' second derivatives.
      vector: v, of the global batch.
      inner: the inner step, for its learning rate.
    """


@architecture_gradients.add
@dataclasses.dataclass(frozen=True)
class Amended(CorrectedGradient):
  """g = g1 - eta M (H v), with H^-1 replaced by eta H.

  arXiv:1910.11831: v = dL_V/dw at the current weights, both
  products by central differences of length `difference_radius`, the first
  along v, the second along u = H v.

  The paper derives a non-negative inner product of the amending term with
  the exact one. That does not hold for every H, M and v: for H =
  diag(1, 10), v = (1, 1) and M = (1, -0.5) the exact term is -0.95 and the
  amending one +4 eta.

  The published code has a radius of 0.01. Where activations have kinks, the
  variance of a quotient of differences grows as its step shrinks, until no
  kink lies within the step; with 0.1 the correction of a supernet is much
  nearer to the exact one, and steadier (docs/gradients.md).

  Args:
    eta: the amending coefficient, above 0.
    difference_radius: length of the steps of the differences, above 0.
  """

  eta: float = option(0.1, 'Coefficient of the amended gradients.')
  difference_radius: float = option(
    0.1, 'Length of the steps of finite differences in weight space.'
  )

  name = 'amended'

  def __post_init__(self):
    positive('eta', self.eta)
    positive('difference_radius', self.difference_radius)

  def second_derivatives(self, problem, weights, alphas, batch):
    """Finite differences."""
    return DifferenceSecondDerivatives(
      problem, weights, alphas, batch, self.difference_radius
    )

  def direction(self, products, vector, inner):
    """Returns eta H v."""
    del inner
    product = products.hessian(vector)
    return Direction(algebra.scaled(self.eta, product))


@architecture_gradients.add
@dataclasses.dataclass(frozen=True)
class AmendedExact(CorrectedGradient):
  """g = g1 - eta M (H v), with exact products.

  The quantity that `amended` approximates (arXiv:1910.11831).
  It needs second derivatives of every operation of the training loss.

  Args:
    eta: the amending coefficient, above 0.
  """

  eta: float = option(0.1, 'Coefficient of the amended gradients.')

  name = 'amended_exact'
  differentiates_twice = True

  def __post_init__(self):
    positive('eta', self.eta)

  def second_derivatives(self, problem, weights, alphas, batch):
    """Nested differentiation."""
    return ExactSecondDerivatives(problem, weights, alphas, batch)

  def direction(self, products, vector, inner):
    """Returns eta H v."""
    del inner
    return Direction(algebra.scaled(self.eta, products.hessian(vector)))


@architecture_gradients.add
@dataclasses.dataclass(frozen=True)
class Implicit(CorrectedGradient):
  r"""g = g1 - M q,  q = gamma sum_{j=0..K} (I - gamma H)^j v.

  arXiv:2106.10784: the series tends to H^-1 v, hence g to the
  exact gradient at a minimum of L_T, if all eigenvalues of H lie between 0
  and 2 / gamma. K = 0 is the correction of the second-order gradient with
  xi = gamma, taken at the current weights. Products are exact.

  Args:
    neumann_terms: K, 0 or more; each costs a product with H.
    neumann_step: gamma, above 0; by default the current learning rate of
      the weights.
  """

  neumann_terms: int = option(
    2, 'Terms of the Neumann series beyond the first.'
  )
  neumann_step: float | None = option(
    None,
    'Step size of the Neumann series; the current learning rate of the'
    ' weights if none is given.',
  )

  name = 'implicit'
  differentiates_twice = True

  def __post_init__(self):
    at_least('neumann_terms', self.neumann_terms, 0)
    if self.neumann_step is not None:
      positive('neumann_step', self.neumann_step)

  @property
  def uses_learning_rate(self) -> bool:
    """Whether gamma is the learning rate of the weights."""
    return self.neumann_step is None

  def second_derivatives(self, problem, weights, alphas, batch):
    """Nested differentiation."""
    return ExactSecondDerivatives(problem, weights, alphas, batch)

  def direction(self, products, vector, inner):
    """Returns the partial sum, and how its terms grow."""
    step = self.neumann_step
    if step is None:
      step = inner.learning_rate
    term, total = vector, vector
    metrics = {}
    for _ in range(self.neumann_terms):
      product = products.hessian(term)
      metrics['neumann_curvature'] = algebra.ratio(
        algebra.inner_product(term, product), algebra.inner_product(term, term)
      )
      term = algebra.axpy(-step, product, term)
      total = algebra.axpy(1.0, term, total)
    if self.neumann_terms:
      metrics['neumann_growth'] = algebra.ratio(
        algebra.global_norm(term), algebra.global_norm(vector)
      )
      metrics['neumann_step'] = algebra.scalar(
        step, metrics['neumann_growth'].dtype
      )
    return Direction(algebra.scaled(step, total), metrics)

  def check(self, metrics):
    """Refuses a step size for which the terms of the series grow.

    Args:
      metrics: those of `direction`: growth |r_K| / |v| of the last term
        r_K, curvature <r, H r> / <r, r> of the one before, and gamma. An
        eigenvalue above 2 / gamma makes terms grow; directions of negative
        curvature do so for any gamma and are not refused.

    Raises:
      DivergedError: if the series diverges.
    """
    if not self.neumann_terms:
      return
    step = metrics['neumann_step']
    curvature = metrics['neumann_curvature']
    if metrics['neumann_growth'] > 1 and step * curvature > 2:
      raise DivergedError(
        'The Neumann series of the implicit gradient diverges: the'
        f' Hessian has an eigenvalue of at least {curvature:.3g}; expected'
        f' a neumann_step below {2 / curvature:.3g}.'
        f' Received: neumann_step={step:g}'
      )


@architecture_gradients.add
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

  cg_iterations: int = option(10, 'Iterations of conjugate gradients.')
  damping: float = option(
    0.01, 'Added to the eigenvalues of the Hessian by conjugate gradients.'
  )

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
