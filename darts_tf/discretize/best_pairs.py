"""Discretization by the best pairs of source and operation of each node."""

import dataclasses

import numpy as np

from darts_tf.discretize.argmax import heaviest
from darts_tf.discretize.cells import candidate_rows
from darts_tf.discretize.rule import Rule, discretizations
from darts_tf.genotype import Edge
from darts_tf.search_space import SearchSpace


@discretizations.add
@dataclasses.dataclass(frozen=True)
class BestPairs(Rule):
  """Keeps the heaviest pairs of source and operation that enter a node.

  The rule of GDAS in the space of DARTS (arXiv:1910.04465) and of I-DARTS
  (D19-1367): a node keeps `space.inputs_per_node` pairs, listed by falling
  weight, `none` never among them. Both may be of one source. In a space that
  keeps all edges it is the rule `argmax`. Ties go to the lower index.
  """

  name = 'best_pairs'
  joins_pairs = True

  def derive(
    self, space: SearchSpace, kind: str, weights: np.ndarray
  ) -> tuple[Edge, ...]:
    """See the base class."""
    if space.inputs_per_node is None:
      return heaviest(space, kind, weights)
    ranked = {node: [] for node in space.topology.nodes}
    for (source, target), names, row in candidate_rows(space, kind, weights):
      ranked[target] += [
        (weight, Edge(name, source, target))
        for name, weight in zip(names, row)
        if name != 'none'
      ]
    edges = []
    for pairs in ranked.values():
      # Sorting is stable: of equals, the one with the lower index is first.
      pairs.sort(key=lambda pair: -pair[0])
      edges += [edge for _, edge in pairs[: space.inputs_per_node]]
    return tuple(edges)
