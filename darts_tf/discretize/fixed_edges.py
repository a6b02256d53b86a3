"""Discretization where the edges are given: an operation for each."""

import numpy as np

from darts_tf.config.errors import InputError
from darts_tf.discretize.cells import best_operation, candidate_rows, cell_rule
from darts_tf.discretize.registry import discretizations
from darts_tf.discretize.rule_model import RuleModel, rule_models
from darts_tf.genotype import Edge
from darts_tf.search_space import SearchSpace


@cell_rule
def fixed_edges_rule(
  space: SearchSpace, kind: str, weights: np.ndarray
) -> tuple[Edge, ...]:
  """Keeps every edge, with its heaviest candidate other than `none`.

  The rule of Amended-DARTS (arXiv:1910.11831): the search space has the
  edges of the network, none is removed. Ties go to the lower index. Edges
  are in the order of the topology.

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


discretizations.register('fixed_edges', fixed_edges_rule)
rule_models.register('fixed_edges', RuleModel(all_edges=True))
