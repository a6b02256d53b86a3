"""A softmax over candidates, and one over the edges of a node."""

import dataclasses

import numpy as np

from darts_tf.relaxation.relaxation import relaxations
from darts_tf.relaxation.softmax import Softmax


@relaxations.add
@dataclasses.dataclass(frozen=True)
class EdgeNormalized(Softmax):
  r"""The edge normalization of PC-DARTS (arXiv:1907.05737, equation 4).

  Each edge has a second parameter, beta. The softmax of beta over the edges
  that enter a node multiplies whole edges, the channels that bypass their
  candidates, too.
  """

  name = 'edge_normalized'

  def parameters(self, group):
    """See `Relaxation`."""
    edges, _ = group.shape
    return {**super().parameters(group), 'beta': np.ones(edges, bool)}

  def mixing(self, parameters, group, draw):
    """See `Relaxation`."""
    return (
      super()
      .mixing(parameters, group, draw)
      ._replace(edge_scale=group.node_softmax(parameters['beta']))
    )

  def summary(self, weights, group):
    """Returns the entropy of an edge's candidates, without its scale."""
    total = np.sum(weights, -1, keepdims=True)
    return super().summary(weights / np.where(total > 0, total, 1), group)
