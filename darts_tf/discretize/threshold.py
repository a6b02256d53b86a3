"""Discretization of independent weights by a threshold."""

import dataclasses

import numpy as np

from darts_tf.config.options import option
from darts_tf.discretize.cells import best_operation, candidate_rows
from darts_tf.discretize.rule import Rule, discretizations
from darts_tf.genotype import Edge
from darts_tf.search_space import SearchSpace


@discretizations.add
@dataclasses.dataclass(frozen=True)
class Threshold(Rule):
  """Keeps the strongest edges of a node whose weights reach a threshold.

  The rule `threshold_sparse` of FairDARTS (arXiv:1911.12126, section 4.3):
  of the `space.inputs_per_node` edges with the heaviest candidates other
  than `none` those stay whose weight is the threshold or more. A node may be
  left with fewer edges, or without any. In a space that keeps all edges an
  edge below the threshold has the operation `none`, if that is a candidate.

  A cell needs an output. If no edge from an input of the cell reaches the
  threshold, which is so while a search begins, the strongest of them stays.

  Args:
    least: the threshold.
  """

  least: float = option(
    0.85, 'Least weight of an edge that stays.', least=0, flag=False
  )

  name = 'threshold'
  is_ordinal = False

  def derive(
    self, space: SearchSpace, kind: str, weights: np.ndarray
  ) -> tuple[Edge, ...]:
    """See the base class."""
    ranked = {node: [] for node in space.topology.nodes}
    everything = []
    for (source, target), names, row in candidate_rows(space, kind, weights):
      best = best_operation(names, row)
      if best is not None:
        edge = Edge(names[best], source, target)
        ranked[target].append((row[best], edge))
      if best is None or (row[best] < self.least and 'none' in names):
        edge = Edge('none', source, target)
      everything.append(edge)
    if space.inputs_per_node is None:
      return tuple(everything)
    edges, from_inputs = [], []
    for entries in ranked.values():
      entries.sort(key=lambda entry: -entry[0])
      edges += [
        edge
        for weight, edge in entries[: space.inputs_per_node]
        if weight >= self.least
      ]
      from_inputs += [
        entry
        for entry in entries
        if entry[1].source < space.topology.num_inputs
      ]
    if not any(edge.source < space.topology.num_inputs for edge in edges):
      edges.append(max(from_inputs, key=lambda entry: entry[0])[1])
    return tuple(edges)
