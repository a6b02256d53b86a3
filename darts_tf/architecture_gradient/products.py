"""Products of second derivatives of the training loss with vectors."""

import abc
from collections.abc import Callable, Sequence

import tensorflow as tf

from darts_tf.architecture_gradient import tensors as algebra
from darts_tf.architecture_gradient.differentiate import (
  directional_derivative,
  value_and_gradients,
)
from darts_tf.architecture_gradient.problem import BilevelProblem

Tensors = list[tf.Tensor]


class SecondDerivatives(abc.ABC):
  """H u and M u, with H = d2L_T/dw2 and M = d2L_T/dalpha dw.

  Vectors are those of the global batch, equal on all replicas; so are the
  products.
  """

  @abc.abstractmethod
  def hessian(self, vector: Tensors) -> Tensors:
    """Returns H u, shaped like w, of the global batch.

    Args:
      vector: u, shaped like w.
    """

  @abc.abstractmethod
  def mixed(self, vector: Tensors) -> Tensors:
    """Returns M u, shaped like alpha: of this replica, not yet reduced.

    Args:
      vector: u, shaped like w.
    """


class ExactSecondDerivatives(SecondDerivatives):
  """Products by differentiating the gradient, transposed, along the vector.

  One forward and backward pass is recorded; each product is one backward
  pass through it: H u = d<dL_T/dw, u>/dw, M u = d<dL_T/dw, u>/dalpha.

  Args:
    problem: the losses and the reduction over replicas.
    weights: w.
    alphas: the architecture parameters.
    batch: passed to `problem.training_loss`.
  """

  def __init__(
    self, problem: BilevelProblem, weights: Tensors, alphas: Tensors, batch
  ):
    problem = problem.precise()
    self._reduce = problem.reduce
    self._weights, self._alphas = weights, alphas
    self._tape = tf.GradientTape(
      persistent=True, watch_accessed_variables=False
    )
    with self._tape:
      self._tape.watch([*weights, *alphas])
      _, self._descent = value_and_gradients(
        lambda: problem.training_loss(weights, alphas, batch), weights
      )

  def hessian(self, vector):
    """See `SecondDerivatives`."""
    return self._reduce(self._product(vector, self._weights))

  def mixed(self, vector):
    """See `SecondDerivatives`."""
    return self._product(vector, self._alphas)

  def _product(self, vector, sources):
    gradients = self._tape.gradient(
      self._descent, sources, output_gradients=list(vector)
    )
    return algebra.dense(gradients, sources)


class DifferenceSecondDerivatives(SecondDerivatives):
  """Products by central differences of gradients along the vector.

  H u = [dL_T/dw(w + eps u) - dL_T/dw(w - eps u)] / (2 eps), and M u with
  dL_T/dalpha in the same way; eps = radius / |u|, anew for each vector.
  Where activations have kinks this is another quantity than the exact
  product unless the radius is very small.

  Args:
    problem: the losses and the reduction over replicas.
    weights: w.
    alphas: the architecture parameters.
    batch: passed to `problem.training_loss`.
    radius: the length of eps u, over all weights concatenated.
  """

  def __init__(
    self,
    problem: BilevelProblem,
    weights: Tensors,
    alphas: Tensors,
    batch,
    radius: float,
  ):
    problem = problem.precise()
    self._reduce = problem.reduce
    self._loss = lambda at: problem.training_loss(at, alphas, batch)
    self._weights, self._alphas = weights, alphas
    self._radius = radius

  def hessian(self, vector):
    """See `SecondDerivatives`."""
    return self._reduce(
      self._along(
        vector, lambda at: value_and_gradients(lambda: self._loss(at), at)
      )
    )

  def mixed(self, vector):
    """See `SecondDerivatives`."""
    return self._along(
      vector,
      lambda at: value_and_gradients(lambda: self._loss(at), self._alphas),
    )

  def _along(
    self,
    vector: Sequence[tf.Tensor],
    derivative: Callable[[Tensors], tuple[tf.Tensor, Tensors]],
  ) -> Tensors:
    return directional_derivative(
      lambda at: derivative(at)[1], self._weights, vector, self._radius
    )
