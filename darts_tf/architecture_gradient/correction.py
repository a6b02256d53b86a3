"""Gradients of the form g1 - M q, at the current weights."""

import abc
from collections.abc import Mapping
from typing import NamedTuple

import tensorflow as tf

from darts_tf.architecture_gradient import tensors as algebra
from darts_tf.architecture_gradient.differentiate import value_and_gradients
from darts_tf.architecture_gradient.problem import (
  ArchitectureGradient,
  Estimator,
  InnerStep,
)
from darts_tf.architecture_gradient.products import SecondDerivatives

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
