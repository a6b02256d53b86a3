"""The interface of relaxations."""

import abc
import dataclasses
from collections.abc import Mapping
from typing import ClassVar

import numpy as np
import tensorflow as tf

from darts_tf.config.parts import Axis, Part
from darts_tf.config.progress import Progress
from darts_tf.layers.mixing_weights import MixingWeights
from darts_tf.relaxation.draw import Draw
from darts_tf.relaxation.group import Group

Parameters = Mapping[str, tf.Tensor]


@dataclasses.dataclass(frozen=True)
class Relaxation(Part, abc.ABC):
  """Turns the architecture parameters of a group into mixing weights.

  All methods are pure: they read tensors and return tensors. Variables
  belong to `darts_tf.relaxation.Architecture`.

  Attributes:
    selects: whether `mixing` says which candidate is the only one to run.
    normalized: over what mixing weights add up to 1: `edge`, `node`, or
      `none` if they are independent of each other.
  """

  selects: ClassVar[bool] = False
  normalized: ClassVar[str] = 'edge'

  def parameters(self, group: Group) -> dict[str, np.ndarray]:
    """Returns the entries that each parameter has.

    Args:
      group: the group, without mask and rates.

    Returns:
      Name to a boolean array of the parameter's shape: whether an entry
      exists. By default `alpha`, `(edges, candidates)`.
    """
    return {'alpha': group.exists}

  @abc.abstractmethod
  def mixing(
    self, parameters: Parameters, group: Group, draw: Draw
  ) -> MixingWeights:
    """Returns the mixing weights for a step, differentiable.

    Args:
      parameters: name to tensor, as `parameters` lists them.
      group: the group.
      draw: the source of random numbers, which are the same for all passes
        of one estimate.
    """

  def expected(self, parameters: Parameters, group: Group) -> MixingWeights:
    """Returns the mixing weights without noise.

    They are what is recorded, drawn and discretized. By default they are
    those of `mixing`, for relaxations that draw nothing.
    """
    return self.mixing(parameters, group, None)

  def evaluation(self, parameters: Parameters, group: Group) -> MixingWeights:
    """Returns the mixing weights that held-out images are classified with.

    By default the expected ones.
    """
    return self.expected(parameters, group)

  def rates(self, progress: Progress) -> dict[str, float]:
    """Returns the factors that change as epochs pass, by name.

    Args:
      progress: the epoch that begins.
    """
    del progress
    return {}

  def after_update(
    self, parameters: Parameters, group: Group
  ) -> Parameters | None:
    """Returns parameters to continue with after each of their updates.

    For projections, shifts and clips; `None`, the default, leaves them.
    """
    del parameters, group

  def summary(self, weights: np.ndarray, group: Group) -> dict[str, float]:
    """Returns numbers about expected weights that are worth a curve.

    Args:
      weights: `(edges, candidates)`, times the scale of edges.
      group: the group.

    Returns:
      Name to number; by default the mean `entropy` of an edge, for weights
      that are distributions.
    """
    del group
    return {'entropy': entropy(weights)}


def entropy(weights: np.ndarray) -> float:
  """Returns the mean over rows of `-sum_k p_k log p_k`, in nats."""
  p = np.asarray(weights, np.float64)
  terms = np.where(p > 0, p * np.log(np.where(p > 0, p, 1)), 0)
  return float(-terms.sum(-1).mean())


relaxations: Axis[Relaxation] = Axis('relaxation')
