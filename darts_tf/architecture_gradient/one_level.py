"""Alpha and the weights from one loss."""

import dataclasses

from darts_tf.architecture_gradient import tensors as algebra
from darts_tf.architecture_gradient.differentiate import value_and_gradients
from darts_tf.architecture_gradient.problem import (
  ArchitectureGradient,
  Estimator,
)


@dataclasses.dataclass(frozen=True)
class OneLevel(Estimator):
  """g = dL_T/dalpha (w, alpha), on the training batch.

  The bilevel problem becomes an ordinary one over (w, alpha); no
  validation batch is needed (arXiv:1812.09926 searches so).
  """

  name = 'one_level'
  takes_second_derivatives = False
  uses_validation = False

  def __call__(
    self, problem, weights, alphas, training_batch, validation_batch, inner
  ):
    del validation_batch, inner
    weights = algebra.as_tensors(weights)
    alphas = algebra.as_tensors(alphas)
    loss, gradients = value_and_gradients(
      lambda: problem.training_loss(weights, alphas, training_batch), alphas
    )
    return ArchitectureGradient(
      problem.reduce(gradients), problem.reduce([loss])[0]
    )
