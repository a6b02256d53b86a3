"""The bilevel problem, and the inputs and results of an estimator."""

import abc
import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

import tensorflow as tf

from darts_tf.architecture_gradient import tensors as algebra
from darts_tf.config.parts import Axis, Part

Tensors = list[tf.Tensor]


class BilevelProblem(abc.ABC):
  """Minimize L_V(w*(alpha), alpha), w*(alpha) = argmin_w L_T(w, alpha).

  The problem of DARTS (arXiv:1806.09055, equations 3 and 4).

  Both losses are pure functions of tensors: they read and write no
  variable, so they can be evaluated at any weights, and differentiated
  twice. If several replicas share the work, each returns its share of
  the loss of the global batch, that is the sum over its examples divided
  by the size of the global batch, and `reduce` adds the shares up.
  """

  @abc.abstractmethod
  def training_loss(
    self, weights: Tensors, alphas: Tensors, batch: Any
  ) -> tf.Tensor:
    """Returns L_T(w, alpha), a scalar: this replica's share."""

  @abc.abstractmethod
  def validation_loss(
    self, weights: Tensors, alphas: Tensors, batch: Any
  ) -> tf.Tensor:
    """Returns L_V(w, alpha), a scalar: this replica's share."""

  def precise(self) -> 'BilevelProblem':
    """Returns the problem of which second derivatives are taken.

    It has the same losses, in full precision where this one computes in
    half: differences of gradients and products with Hessians need the digits.
    """
    return self

  def reduce(self, tensors: Tensors) -> Tensors:
    """Returns the sum over replicas; with one replica the tensors.

    It is called inside gradient tapes and must be differentiable, as
    `darts_tf.distribution.replicas.sum_over_replicas` is.
    """
    return list(tensors)


class InnerStep(NamedTuple):
  """The step of SGD that stands for the inner minimization.

  w' = w - xi (mu buf + dL_T/dw + lambda w)   (arXiv:1806.09055, eq. 6,
  with the momentum and weight decay of its released code).

  Args:
    learning_rate: xi, the current learning rate of w; a scalar.
    momentum: mu.
    weight_decay: lambda.
    velocity: buf, the momentum buffers, shaped like w; None for zero.
  """

  learning_rate: float | tf.Tensor
  momentum: float | tf.Tensor = 0.0
  weight_decay: float | tf.Tensor = 0.0
  velocity: Sequence[tf.Tensor] | None = None

  def apply(self, weights: Tensors, gradients: Tensors) -> Tensors:
    """Returns w'.

    Args:
      weights: w.
      gradients: dL_T/dw of the global batch: already reduced.

    Returns:
      A list of tensors shaped like w.
    """
    step = algebra.axpy(self.weight_decay, weights, gradients)
    if self.velocity is not None:
      velocity = algebra.as_tensors(self.velocity)
      step = algebra.axpy(self.momentum, velocity, step)
    xi = self.learning_rate
    return algebra.axpy(-xi, step, weights)


class ArchitectureGradient(NamedTuple):
  """An estimate of the architecture gradient, its loss and its metrics.

  Args:
    gradients: the gradient by each tensor of alphas, of the global batch.
    validation_loss: the loss whose gradient by alpha was taken, of the
      global batch, a scalar. If the estimator has `uses_validation` False,
      this is the training loss.
    metrics: scalars that describe how the estimate was found, by name.
  """

  gradients: Tensors
  validation_loss: tf.Tensor
  metrics: Mapping[str, tf.Tensor] = {}


@dataclasses.dataclass(frozen=True)
class Estimator(Part, abc.ABC):
  """An estimate of the gradient of the validation loss by alpha.

  Attributes:
    uses_validation: whether it looks at the validation batch; if not, the
      batch may be None.
    shares_pass: whether its gradient and that by the weights can come from
      one pass, that of the training loss.
    uses_inner_step: whether it looks at all of `inner`.
    takes_second_derivatives: whether it looks at second derivatives, by
      differences or exactly.
    differentiates_twice: whether it takes gradients of gradients.
  """

  uses_validation: ClassVar[bool] = True
  shares_pass: ClassVar[bool] = False
  uses_inner_step: ClassVar[bool] = False
  takes_second_derivatives: ClassVar[bool] = True
  differentiates_twice: ClassVar[bool] = False

  @property
  def uses_learning_rate(self) -> bool:
    """Whether it looks at the learning rate of `inner`."""
    return self.uses_inner_step

  @abc.abstractmethod
  def __call__(
    self,
    problem: BilevelProblem,
    weights: Sequence[tf.Tensor],
    alphas: Sequence[tf.Tensor],
    training_batch: Any,
    validation_batch: Any,
    inner: InnerStep,
  ) -> ArchitectureGradient:
    """Returns the gradient by alpha at (weights, alphas).

    Args:
      problem: the losses and the reduction over replicas.
      weights: w; tensors, or variables, which are read once.
      alphas: the architecture parameters, likewise.
      training_batch: passed to `problem.training_loss`.
      validation_batch: passed to `problem.validation_loss`.
      inner: the inner step.

    Returns:
      An `ArchitectureGradient`, equal on all replicas.
    """

  def check(self, metrics: Mapping[str, float]) -> None:
    """Raises `InputError` if the metrics show that an option is wrong.

    Args:
      metrics: `ArchitectureGradient.metrics` as numbers, of one call or
        means of several.
    """
    del metrics


architecture_gradients: Axis[Estimator] = Axis('gradient')
