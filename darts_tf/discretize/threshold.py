"""Discretization of independent weights by a threshold."""

import numpy as np

from darts_tf.discretize.cells import best_operation, candidate_rows, cell_rule
from darts_tf.discretize.registry import discretizations
from darts_tf.genotype import Edge
from darts_tf.search_space import SearchSpace

THRESHOLD = 0.85


@cell_rule
def threshold_rule(
  space: SearchSpace, kind: str, weights: np.ndarray
) -> tuple[Edge, ...]:
  """Keeps the strongest edges of a node whose weights reach 0.85.

  The rule `threshold_sparse` of FairDARTS (arXiv:1911.12126, section 4.3):
  of the `space.inputs_per_node` edges with the heaviest candidates other
  than `none` those stay whose weight is 0.85 or more. A node may be left
  with fewer edges, or without any. In a space that keeps all edges an edge
  below the threshold has the operation `none`, if that is a candidate.

  A cell needs an output. If no edge from an input of the cell reaches the
  threshold, which is so while a search begins, the strongest of them stays.
  """
  ranked = {node: [] for node in space.topology.nodes}
  everything = []
  for (source, target), names, row in candidate_rows(space, kind, weights):
    best = best_operation(names, row)
    if best is not None:
      edge = Edge(names[best], source, target)
      ranked[target].append((row[best], edge))
    if best is None or (row[best] < THRESHOLD and 'none' in names):
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
      if weight >= THRESHOLD
    ]
    from_inputs += [
      entry for entry in entries if entry[1].source < space.topology.num_inputs
    ]
  if not any(edge.source < space.topology.num_inputs for edge in edges):
    edges.append(max(from_inputs, key=lambda entry: entry[0])[1])
  return tuple(edges)


discretizations.register('threshold', threshold_rule)
