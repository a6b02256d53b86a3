"""The implicit gradient, by a truncated Neumann series."""

import dataclasses

from darts_tf.architecture_gradient import tensors as algebra
from darts_tf.architecture_gradient.correction import (
  CorrectedGradient,
  Direction,
)
from darts_tf.architecture_gradient.options import at_least, positive
from darts_tf.architecture_gradient.products import ExactSecondDerivatives
from darts_tf.config.errors import DivergedError


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

  neumann_terms: int = 2
  neumann_step: float | None = None

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
