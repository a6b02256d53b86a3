"""The discretization rule of P-DARTS: few skip connections."""

import dataclasses

import numpy as np

from darts_tf.config.options import option
from darts_tf.discretize.darts import strongest_edges
from darts_tf.discretize.rule import Rule, RuleModel, discretizations
from darts_tf.genotype import Edge
from darts_tf.search_space import SearchSpace

_SKIP = 'skip_connect'


@discretizations.add
@dataclasses.dataclass(frozen=True)
class SkipLimited(Rule):
  """Keeps what `darts` keeps, with few skip connections.

  arXiv:1904.12760, section 3.3: while the normal cell has more than allowed,
  the weight of the least likely of them is set to zero and operations and
  edges are chosen anew. Reduction cells are left as they are. An edge
  whose only candidate is a skip connection keeps it.

  Args:
    most: skip connections of a normal cell.
  """

  most: int = option(
    2, 'Most skip connections of a normal cell.', least=0, flag=False
  )

  name = 'skip_limited'

  @property
  def model(self) -> RuleModel:
    """See the base class."""
    return RuleModel(most_skips=self.most)

  def derive(
    self, space: SearchSpace, kind: str, weights: np.ndarray
  ) -> tuple[Edge, ...]:
    """See the base class."""
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
      if total <= self.most or not skips:
        return edges
      _, row, column = min(skips)
      weights[row, column] = 0
      edges = strongest_edges(space, kind, weights)
