"""The discretization rule of P-DARTS: few skip connections."""

import numpy as np

from darts_tf.discretize.cells import cell_rule
from darts_tf.discretize.darts import strongest_edges
from darts_tf.discretize.registry import discretizations
from darts_tf.discretize.rule_model import RuleModel, rule_models
from darts_tf.genotype import Edge
from darts_tf.search_space import SearchSpace

_SKIP = 'skip_connect'
_MOST_SKIPS = 2


@cell_rule
def skip_limited_rule(
  space: SearchSpace, kind: str, weights: np.ndarray
) -> tuple[Edge, ...]:
  """Keeps what `darts` keeps, with two skip connections at most.

  arXiv:1904.12760, section 3.3: while the normal cell has more than two,
  the weight of the least likely of them is set to zero and operations and
  edges are chosen anew. Reduction cells are left as they are. An edge
  whose only candidate is a skip connection keeps it.
  """
  weights = weights.copy()
  edges = strongest_edges(space, kind, weights)
  if kind != 'normal':
    return edges
  pairs = list(space.topology.edges)
  while True:
    skips = []
    for edge in edges:
      if edge.operation != _SKIP:
        continue
      row = pairs.index((edge.source, edge.target))
      column = space.candidates[kind][row].index(_SKIP)
      if weights[row, column] > 0:
        skips.append((weights[row, column], row, column))
    total = sum(edge.operation == _SKIP for edge in edges)
    if total <= _MOST_SKIPS or not skips:
      return edges
    _, row, column = min(skips)
    weights[row, column] = 0
    edges = strongest_edges(space, kind, weights)


discretizations.register('skip_limited', skip_limited_rule)
rule_models.register('skip_limited', RuleModel(most_skips=_MOST_SKIPS))
