"""The record of a search as decisions see it, and the decisions."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

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


class Course(NamedTuple):
  """The record of a search after an epoch.

  Decisions are functions of it. So a continued run makes them again as the
  uninterrupted one made them.

  Args:
    metrics: one mapping an epoch, as in `metrics.jsonl`.
    history: group to expected mixing weights before the first and after
      each epoch of the present stage, `(edges, candidates)`.
    groups: group to cell kind.
    space: the search space with the candidates of the stage.
    past: the candidates of all stages so far.
    seed: of the run.
  """

  metrics: Sequence[Mapping[str, Any]]
  history: Mapping[str, Sequence[np.ndarray]]
  groups: Mapping[str, str]
  space: SearchSpace
  past: Sequence[Candidates] = ()
  seed: int = 0


@dataclasses.dataclass(frozen=True)
class Child:
  """The origin of a new candidate's first weights.

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


@dataclasses.dataclass(frozen=True)
class Continue:
  """The next epoch is like the last."""


@dataclasses.dataclass(frozen=True)
class Freeze:
  """Some candidates are excluded from now on; the supernet stays.

  Args:
    masks: group to a boolean array `(edges, candidates)`: which candidates
      are left.
  """

  masks: Mapping[str, np.ndarray]


@dataclasses.dataclass(frozen=True)
class Next:
  """A stage begins, with another supernet.

  Args:
    stage: the stage.
    change: its candidates and where they come from.
  """

  stage: Stage
  change: Change


@dataclasses.dataclass(frozen=True)
class Stop:
  """The search ends.

  Args:
    result_epoch: the epoch whose architecture is the result.
    reason: what ended it, in a few words.
  """

  result_epoch: int
  reason: str


Decision = Continue | Freeze | Next | Stop
