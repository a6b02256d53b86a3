"""The discretization rule of DARTS: the strongest inputs of each node."""

import dataclasses

import numpy as np

from darts_tf.discretize.cells import best_operation, candidate_rows
from darts_tf.discretize.rule import Rule, RuleModel, discretizations
from darts_tf.genotype import Edge
from darts_tf.search_space import SearchSpace


def strongest_edges(
  space: SearchSpace, kind: str, weights: np.ndarray
) -> tuple[Edge, ...]:
  r"""Keeps the best operation of the strongest edges of each node.

  arXiv:1806.09055, section 2.4, as in quark0/darts: `none` is never
  chosen, but has its share of the softmax. With mixing weights `p`, the
  strength of edge `(i, j)` is

      s(i, j) = max_{o != none} p_o(i, j)

  and its operation the `o` of that maximum. A node keeps the
  `space.inputs_per_node` edges of greatest strength (all, if that is
  `None`), listed by falling strength. Ties go to the lower index.
  """
  ranked = {node: [] for node in space.topology.nodes}
  for (source, target), names, row in candidate_rows(space, kind, weights):
    best = best_operation(names, row)
    if best is not None:
      ranked[target].append((row[best], Edge(names[best], source, target)))
  edges = []
  for entries in ranked.values():
    # Sorting is stable: of equals, the one with the lower source is first.
    entries.sort(key=lambda entry: -entry[0])
    edges += [edge for _, edge in entries[: space.inputs_per_node]]
  return tuple(edges)


@discretizations.add
@dataclasses.dataclass(frozen=True)
class Darts(Rule):
  """Keeps what `strongest_edges` keeps (arXiv:1806.09055, section 2.4)."""

  name = 'darts'

  @property
  def model(self) -> RuleModel:
    """See the base class."""
    return RuleModel()

  def derive(
    self, space: SearchSpace, kind: str, weights: np.ndarray
  ) -> tuple[Edge, ...]:
    """See the base class."""
    return strongest_edges(space, kind, weights)
