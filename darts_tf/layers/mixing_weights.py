"""What a supernet is told about an architecture."""

from typing import Any, NamedTuple


class MixingWeights(NamedTuple):
  """Mixing weights of a group of cells.

  Args:
    weights: `(edges, candidates)`, the factor of each candidate.
    edge_scale: `(edges,)`, a factor of each edge; `None` for 1.
  """

  weights: Any
  edge_scale: Any = None

  def scaled(self):
    """The product of both, `(edges, candidates)`."""
    if self.edge_scale is None:
      return self.weights
    return self.weights * self.edge_scale[:, None]
