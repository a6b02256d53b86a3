"""Discretization by the best operation of each edge."""

import dataclasses

import numpy as np

from darts_tf.discretize.cells import candidate_rows
from darts_tf.discretize.rule import Rule, RuleModel, discretizations
from darts_tf.genotype import Edge
from darts_tf.search_space import SearchSpace


def heaviest(
  space: SearchSpace, kind: str, weights: np.ndarray
) -> tuple[Edge, ...]:
  """Keeps every edge, with its heaviest candidate, `none` included.

  Ties go to the lower index. Edges are in the order of the topology.
  """
  return tuple(
    Edge(names[int(np.argmax(row))], source, target)
    for (source, target), names, row in candidate_rows(space, kind, weights)
  )


@discretizations.add
@dataclasses.dataclass(frozen=True)
class Argmax(Rule):
  """Keeps every edge, with its heaviest candidate, `none` included.

  The rule of NAS-Bench-201 (arXiv:2001.00326) and SNAS (arXiv:1812.09926).
  Edges on which `none` wins stay, with the operation `none`.
  """

  name = 'argmax'

  @property
  def model(self) -> RuleModel:
    """See the base class."""
    return RuleModel(keeps_none=True, all_edges=True)

  def derive(
    self, space: SearchSpace, kind: str, weights: np.ndarray
  ) -> tuple[Edge, ...]:
    """See the base class."""
    return heaviest(space, kind, weights)
