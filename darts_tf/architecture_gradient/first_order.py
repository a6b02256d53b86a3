"""The gradient with the weights held fixed."""

import dataclasses

from darts_tf.architecture_gradient import tensors as algebra
from darts_tf.architecture_gradient.differentiate import value_and_gradients
from darts_tf.architecture_gradient.problem import (
  ArchitectureGradient,
  Estimator,
)


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
    weights = algebra.as_tensors(weights)
    alphas = algebra.as_tensors(alphas)
    loss, gradients = value_and_gradients(
      lambda: problem.validation_loss(weights, alphas, validation_batch), alphas
    )
    return ArchitectureGradient(
      problem.reduce(gradients), problem.reduce([loss])[0]
    )
