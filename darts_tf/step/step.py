"""The interface of steps: the moves and their order."""

import abc
import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Protocol

import numpy as np
import tensorflow as tf

from darts_tf.architecture_gradient import Estimator
from darts_tf.config.errors import InputError
from darts_tf.config.parts import Axis, Part
from darts_tf.config.progress import Progress
from darts_tf.layers.mixing_weights import MixingWeights
from darts_tf.relaxation import Draw, Relaxation

Metrics = dict[str, tf.Tensor]
Mixing = Mapping[str, MixingWeights]


class WeightLoss(Protocol):
  """The training loss at fixed weights, as perturbations see it."""

  # Group to a boolean array `(edges, candidates)` of the entries that exist.
  exists: Mapping[str, np.ndarray]

  def value(self, mixing: Mixing) -> tf.Tensor:
    """Returns the loss of the global batch, in inference mode."""

  def gradients(self, mixing: Mixing) -> Mapping[str, tf.Tensor]:
    """Returns its gradient by the mixing weights of each group."""

  def rate(self, name: str, dtype: tf.DType) -> tf.Tensor:
    """Returns a factor that changes as epochs pass."""


# perturb(loss, mixing, draw) -> mixing weights for a step of the weights.
Perturb = Callable[[WeightLoss, Mixing, Draw], Mixing]


class Moves(Protocol):
  """The moves that a step can make; each returns metrics."""

  def architecture(self, training_batch: Any, validation_batch: Any) -> Metrics:
    """Moves the architecture parameters by the estimator's gradient."""

  def weights(self, batch: Any, perturb: Perturb | None = None) -> Metrics:
    """Moves the weights by the gradient of the training loss."""

  def both(self, batch: Any) -> Metrics:
    """Moves both by gradients of the training loss, from one pass."""


@dataclasses.dataclass(frozen=True)
class Step(Part, abc.ABC):
  """The moves of a step of the search.

  Attributes:
    joint: whether one pass gives all gradients.
  """

  joint: ClassVar[bool] = False

  @abc.abstractmethod
  def __call__(
    self, moves: Moves, training_batch: Any, validation_batch: Any
  ) -> Metrics:
    """Makes the moves; returns the metrics of all of them.

    Args:
      moves: the possible moves.
      training_batch: images and labels of the weights' share of the data.
      validation_batch: the same for the architecture; `None` if the
        estimator has no use for it.
    """

  def rates(self, progress: Progress) -> dict[str, float]:
    """Returns the factors that change as epochs pass, by name."""
    del progress
    return {}

  def check(self, estimator: Estimator, relaxation: Relaxation) -> None:
    """Raises `InputError` if the step does not fit other parts."""
    del relaxation
    if self.joint and not estimator.shares_pass:
      raise InputError(
        'A joint step takes the gradients of weights and architecture from'
        f' one pass; expected gradient=one_level. Received: step={self.name},'
        f' gradient={estimator.name}'
      )


steps: Axis[Step] = Axis('step')
