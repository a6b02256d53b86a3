"""What changes as epochs pass: a search in stages."""

import abc
import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from darts_tf.config.registry import Registry
from darts_tf.search_space.space import SearchSpace

# Cell kind to one tuple of operation names an edge, as in `SearchSpace`.
Candidates = Mapping[str, tuple[tuple[str, ...], ...]]


@dataclasses.dataclass(frozen=True)
class Stage:
  """Epochs with one supernet.

  The learning rate falls by a cosine from its first to its last epoch;
  optimizers and alphas begin anew.

  Args:
    index: position among the stages, from 0.
    first_epoch: the search's epoch in which it begins.
    epochs: its length.
    grace_epochs: epochs at its start in which only weights are trained.
  """

  index: int
  first_epoch: int
  epochs: int
  grace_epochs: int

  @property
  def end(self) -> int:
    """The epoch after the last."""
    return self.first_epoch + self.epochs


@dataclasses.dataclass(frozen=True)
class Child:
  """Where a new candidate has its first weights from.

  Args:
    parent: operation of the same edge.
    morphism: name of what turns it into the candidate.
  """

  parent: str
  morphism: str


@dataclasses.dataclass(frozen=True)
class Change:
  """The candidates of the next stage.

  Args:
    candidates: of all edges.
    children: kind to one mapping an edge: candidates that are new there.
      All others keep their weights.
  """

  candidates: Candidates
  children: Mapping[str, tuple[Mapping[str, Child], ...]]


class Schedule(abc.ABC):
  """The stages of a search, and what happens between them.

  Args:
    epochs: `--epochs`; `None` where the schedule says how many.
    grace_epochs: `--grace_epochs`.
  """

  # Further arguments of the constructor, by name, with their defaults; they
  # are options of a search.
  options: ClassVar[Mapping[str, Any]] = {}

  @property
  @abc.abstractmethod
  def stages(self) -> tuple[Stage, ...]:
    """The stages in order."""

  @property
  def epochs(self) -> int:
    """Length of the search."""
    return self.stages[-1].end

  def stage_of(self, epoch: int) -> Stage:
    """The stage that an epoch belongs to."""
    return next(stage for stage in self.stages if epoch < stage.end)

  def check(self, space: SearchSpace) -> None:
    """Raises `InputError` if a space cannot be searched in this way."""
    del space

  @abc.abstractmethod
  def describe(self) -> str:
    """The stages, in a few words."""

  def change(
    self,
    stage: Stage,
    space: SearchSpace,
    weights: Mapping[str, np.ndarray],
    past: Sequence[Candidates],
    draw: np.random.Generator,
  ) -> Change:
    """Chooses the candidates of the stage after one that has ended.

    Args:
      stage: the stage that has ended.
      space: the space with its candidates.
      weights: kind to mixing weights, `(edges, candidates)`.
      past: candidates of all stages so far.
      draw: source of random numbers.
    """
    raise NotImplementedError


schedules: Registry[type[Schedule]] = Registry('schedule')
