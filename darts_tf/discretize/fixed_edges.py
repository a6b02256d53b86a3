"""Discretization where the edges are given: an operation for each."""

import dataclasses

import numpy as np

from darts_tf.config.errors import InputError
from darts_tf.discretize.cells import best_operation, candidate_rows
from darts_tf.discretize.rule import Rule, RuleModel, discretizations
from darts_tf.genotype import Edge
from darts_tf.search_space import SearchSpace


@discretizations.add
@dataclasses.dataclass(frozen=True)
class FixedEdges(Rule):
  """Keeps every edge, with its heaviest candidate other than `none`.

  The rule of Amended-DARTS (arXiv:1910.11831): the search space has the
  edges of the network, none is removed. Ties go to the lower index. Edges
  are in the order of the topology.
  """

  name = 'fixed_edges'

  @property
  def model(self) -> RuleModel:
    """See the base class."""
    return RuleModel(all_edges=True)

  def derive(
    self, space: SearchSpace, kind: str, weights: np.ndarray
  ) -> tuple[Edge, ...]:
    """Chooses the edges of a cell.

    Args:
      space: the search space.
      kind: of the cell.
      weights: see the base class.

    Raises:
      InputError: if an edge has no candidate but `none`.
    """
    edges = []
    for (source, target), names, row in candidate_rows(space, kind, weights):
      best = best_operation(names, row)
      if best is None:
        raise InputError(
          'With fixed edges each edge needs an operation; expected a'
          f' candidate other than none on edge {source}-{target} of the'
          f' {kind} cell. Received: search_space={space.name!r}'
        )
      edges.append(Edge(names[best], source, target))
    return tuple(edges)
