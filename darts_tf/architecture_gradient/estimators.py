"""Gradients by differentiation of losses, with or without an inner step."""

import dataclasses

from darts_tf.architecture_gradient import tensors as algebra
from darts_tf.architecture_gradient.checks import positive
from darts_tf.architecture_gradient.differentiate import value_and_gradients
from darts_tf.architecture_gradient.problem import (
  ArchitectureGradient,
  Estimator,
  architecture_gradients,
)
from darts_tf.architecture_gradient.products import DifferenceSecondDerivatives
from darts_tf.config.options import option


def _direct(problem, loss_of, weights, alphas, batch) -> ArchitectureGradient:
  """Differentiates one loss by alpha in one pass."""
  weights = algebra.as_tensors(weights)
  alphas = algebra.as_tensors(alphas)
  loss, gradients = value_and_gradients(
    lambda: loss_of(weights, alphas, batch), alphas
  )
  return ArchitectureGradient(
    problem.reduce(gradients), problem.reduce([loss])[0]
  )


@architecture_gradients.add
@dataclasses.dataclass(frozen=True)
class OneLevel(Estimator):
  """g = dL_T/dalpha (w, alpha), on the training batch.

  The bilevel problem becomes an ordinary one over (w, alpha); no
  validation batch is needed (arXiv:1812.09926 searches so).
  """

  name = 'one_level'
  takes_second_derivatives = False
  uses_validation = False
  shares_pass = True

  def __call__(
    self, problem, weights, alphas, training_batch, validation_batch, inner
  ):
    del validation_batch, inner
    return _direct(
      problem, problem.training_loss, weights, alphas, training_batch
    )


@architecture_gradients.add
@dataclasses.dataclass(frozen=True)
class FirstOrder(Estimator):
  """g = dL_V/dalpha (w, alpha): one pass, without gradients of w.

  arXiv:1806.09055, equation 7 with xi = 0.
  """

  name = 'first_order'
  takes_second_derivatives = False

  def __call__(
    self, problem, weights, alphas, training_batch, validation_batch, inner
  ):
    del training_batch, inner
    return _direct(
      problem, problem.validation_loss, weights, alphas, validation_batch
    )


@architecture_gradients.add
@dataclasses.dataclass(frozen=True)
class SecondOrder(Estimator):
  """The published second-order gradient of DARTS.

  w' = w - xi (mu buf + dL_T/dw + lambda w),   v = dL_V/dw'(w', alpha),
  g  = dL_V/dalpha(w', alpha) - xi M v,
  M v = [dL_T/dalpha(w + eps v, alpha) - dL_T/dalpha(w - eps v, alpha)]
        / (2 eps),   eps = difference_radius / |v|
  (arXiv:1806.09055, equations 7 and 8; eps from its section 2.3).

  Args:
    difference_radius: the length of eps v, over all weights concatenated;
      above 0.
  """

  difference_radius: float = option(
    0.01, 'Length of the steps of finite differences in weight space.'
  )

  name = 'second_order'
  uses_inner_step = True

  def __post_init__(self):
    positive('difference_radius', self.difference_radius)

  def __call__(
    self, problem, weights, alphas, training_batch, validation_batch, inner
  ):
    weights = algebra.as_tensors(weights)
    alphas = algebra.as_tensors(alphas)

    _, descent = value_and_gradients(
      lambda: problem.training_loss(weights, alphas, training_batch), weights
    )
    # Reduced before use: every replica must take the same inner step.
    stepped = inner.apply(weights, problem.reduce(descent))

    loss, gradients = value_and_gradients(
      lambda: problem.validation_loss(stepped, alphas, validation_batch),
      [*alphas, *stepped],
    )
    direct = gradients[: len(alphas)]
    # Reduced before use: the length of a sum is no sum of lengths.
    direction = problem.reduce(gradients[len(alphas) :])

    mixed = DifferenceSecondDerivatives(
      problem, weights, alphas, training_batch, self.difference_radius
    ).mixed(direction)
    return ArchitectureGradient(
      problem.reduce(algebra.axpy(-inner.learning_rate, mixed, direct)),
      problem.reduce([loss])[0],
    )


@architecture_gradients.add
@dataclasses.dataclass(frozen=True)
class SecondOrderExact(Estimator):
  """g = d/dalpha L_V(w - xi (mu buf + dL_T/dw + lambda w), alpha).

  The quantity that `second_order` approximates (arXiv:1806.09055,
  equation 7), without a finite difference. It needs second derivatives of
  every operation of the training loss, and holds what edges read of both
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
