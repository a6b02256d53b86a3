"""The interface of penalties, which are added to an architecture's loss."""

import abc
import dataclasses
from collections.abc import Collection, Mapping
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from darts_tf.config.parts import Axis, Part
from darts_tf.config.progress import Progress
from darts_tf.layers.mixing_weights import MixingWeights
from darts_tf.relaxation import Group, Relaxation


class Costs(NamedTuple):
  """A cost of the supernet, candidate by candidate.

  Args:
    candidates: group to `(edges, candidates)`, in all cells of the group.
    constant: the cost of all else.
  """

  candidates: Mapping[str, np.ndarray]
  constant: float


class View(NamedTuple):
  """An architecture as penalties see it.

  Args:
    groups: the groups of cells by name.
    parameters: group to parameters by name; tensors.
    expected: group to mixing weights without noise; tensors.
    costs: cost to its numbers, as far as a penalty has asked for it.
  """

  groups: Mapping[str, Group]
  parameters: Mapping[str, Mapping[str, tf.Tensor]]
  expected: Mapping[str, MixingWeights]
  costs: Mapping[str, Costs]

  def rate(self, name: str, dtype: tf.DType) -> tf.Tensor:
    """Returns a factor that changes as epochs pass."""
    return next(iter(self.groups.values())).rate(name, dtype)


@dataclasses.dataclass(frozen=True)
class Penalty(Part, abc.ABC):
  """A function of an architecture that is added to its loss.

  It depends on neither weights nor data, so its gradient is added to
  whatever estimate of the architecture gradient is in force.
  """

  @abc.abstractmethod
  def __call__(self, view: View) -> tf.Tensor:
    """Returns the penalty, a scalar, differentiable in the parameters."""

  @property
  def costs(self) -> Collection[str]:
    """Names of the costs that it looks at."""
    return ()

  def rates(self, progress: Progress) -> dict[str, float]:
    """Returns the factors that change as epochs pass, by name."""
    del progress
    return {}

  def check(self, relaxation: Relaxation) -> None:
    """Raises `InputError` if the penalty makes no sense with a relaxation."""
    del relaxation


penalties: Axis[Penalty] = Axis('penalties', listed=True)
