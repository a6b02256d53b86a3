"""The gradient through one inner step, by nested differentiation."""

import dataclasses

from darts_tf.architecture_gradient import tensors as algebra
from darts_tf.architecture_gradient.differentiate import value_and_gradients
from darts_tf.architecture_gradient.problem import (
  ArchitectureGradient,
  Estimator,
)


@dataclasses.dataclass(frozen=True)
class SecondOrderExact(Estimator):
  """g = d/dalpha L_V(w - xi (mu buf + dL_T/dw + lambda w), alpha).

  The quantity that `second_order` approximates (arXiv:1806.09055,
  equation 7), without a finite difference. It needs second derivatives of
  every operation of the training loss, and holds the activations of both
  losses at once.
  """

  name = 'second_order_exact'
  differentiates_twice = True
  uses_inner_step = True

  def __call__(
    self, problem, weights, alphas, training_batch, validation_batch, inner
  ):
    problem = problem.precise()
    weights = algebra.as_tensors(weights)
    alphas = algebra.as_tensors(alphas)

    def unrolled_loss():
      _, descent = value_and_gradients(
        lambda: problem.training_loss(weights, alphas, training_batch), weights
      )
      # Inside the outer tape: the inner step depends on alpha through the
      # shares of all replicas.
      stepped = inner.apply(weights, problem.reduce(descent))
      return problem.validation_loss(stepped, alphas, validation_batch)

    loss, gradients = value_and_gradients(unrolled_loss, alphas)
    return ArchitectureGradient(
      problem.reduce(gradients), problem.reduce([loss])[0]
    )
