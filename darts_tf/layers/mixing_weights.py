"""The values by which a supernet is told about an architecture."""

from typing import Any, NamedTuple


class MixingWeights(NamedTuple):
  """Mixing weights of a group of cells.

  Args:
    weights: `(edges, candidates)`, the factor of each candidate.
    edge_scale: `(edges,)`, a factor of each whole edge, of the channels
      that bypass its candidates, too; `None` for 1.
    selected: `(edges,)` int32, the only candidate of each edge that has to
      run; `None` if all run.
  """

  weights: Any
  edge_scale: Any = None
  selected: Any = None

  def scaled(self):
    """Returns the product of weights and scale, `(edges, candidates)`."""
    if self.edge_scale is None:
      return self.weights
    return self.weights * self.edge_scale[:, None]
