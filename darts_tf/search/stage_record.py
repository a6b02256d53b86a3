"""The record of a stage of a search."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np

from darts_tf.schedule import Candidates, Change, Child
from darts_tf.search.parts import SearchParts


@dataclasses.dataclass(frozen=True)
class StageRecord:
  """The candidates of a stage, their origins and their mixing weights.

  Args:
    first_epoch: epoch in which the stage began.
    epochs: its length.
    candidates: kind to one tuple of names an edge.
    children: kind to one mapping an edge, of the candidates that are new in
      this stage; empty in the first one.
    weights: group to mixing weights after its last epoch so far.
  """

  first_epoch: int
  epochs: int
  candidates: Candidates
  children: Mapping[str, tuple[Mapping[str, Child], ...]]
  weights: Mapping[str, np.ndarray] = dataclasses.field(default_factory=dict)

  @classmethod
  def begin(cls, parts: SearchParts, change: Change | None) -> 'StageRecord':
    """Creates the record of a stage that begins."""
    return cls(
      parts.stage.first_epoch,
      parts.stage.epochs,
      parts.space.candidates,
      {} if change is None else change.children,
    )

  def with_weights(self, weights: Mapping[str, np.ndarray]) -> 'StageRecord':
    """Returns a copy with other mixing weights."""
    return dataclasses.replace(self, weights=dict(weights))

  def to_dict(self) -> dict[str, Any]:
    """Returns the record in a form that JSON can hold."""
    return {
      'first_epoch': self.first_epoch,
      'epochs': self.epochs,
      'candidates': {
        kind: [list(names) for names in edges]
        for kind, edges in self.candidates.items()
      },
      'children': {
        kind: [
          {
            name: [child.parent, child.morphism]
            for name, child in of_edge.items()
          }
          for of_edge in edges
        ]
        for kind, edges in self.children.items()
      },
      'weights': {
        group: np.asarray(w, np.float64).tolist()
        for group, w in self.weights.items()
      },
    }

  @classmethod
  def from_dict(cls, values: Mapping[str, Any]) -> 'StageRecord':
    """Inverts `to_dict`."""
    return cls(
      values['first_epoch'],
      values['epochs'],
      {
        kind: tuple(tuple(names) for names in edges)
        for kind, edges in values['candidates'].items()
      },
      {
        kind: tuple(
          {name: Child(*origin) for name, origin in edge.items()}
          for edge in edges
        )
        for kind, edges in values['children'].items()
      },
      {group: np.array(w) for group, w in values['weights'].items()},
    )
