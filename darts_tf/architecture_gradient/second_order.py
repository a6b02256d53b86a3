"""The gradient through one inner step, by finite differences."""

import dataclasses

from darts_tf.architecture_gradient import tensors as algebra
from darts_tf.architecture_gradient.differentiate import value_and_gradients
from darts_tf.architecture_gradient.options import positive
from darts_tf.architecture_gradient.problem import (
  ArchitectureGradient,
  Estimator,
)
from darts_tf.architecture_gradient.products import DifferenceSecondDerivatives


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

  difference_radius: float = 0.01

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
