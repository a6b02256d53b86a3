"""The amended gradient, by nested differentiation."""

import dataclasses

from darts_tf.architecture_gradient import tensors as algebra
from darts_tf.architecture_gradient.correction import (
  CorrectedGradient,
  Direction,
)
from darts_tf.architecture_gradient.options import positive
from darts_tf.architecture_gradient.products import ExactSecondDerivatives


@dataclasses.dataclass(frozen=True)
class AmendedExact(CorrectedGradient):
  """g = g1 - eta M (H v), with exact products.

  The quantity that `amended` approximates (arXiv:1910.11831).
  It needs second derivatives of every operation of the training loss.

  Args:
    eta: the amending coefficient, above 0.
  """

  eta: float = 0.1

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
