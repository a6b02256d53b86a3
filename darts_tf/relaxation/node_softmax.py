"""A softmax over all candidates of all edges that enter a node."""

import dataclasses

import numpy as np
import tensorflow as tf

from darts_tf.config.options import option
from darts_tf.layers.mixing_weights import MixingWeights
from darts_tf.relaxation.relaxation import Relaxation, entropy, relaxations


@relaxations.add
@dataclasses.dataclass(frozen=True)
class NodeSoftmax(Relaxation):
  r"""The relaxation of I-DARTS (Jiang et al., EMNLP-IJCNLP 2019, D19-1367).

  `p[e, k] = exp(alpha[e, k]) / sum exp(alpha[f, j])`, the sum over all edges
  f that enter the node of e and all their candidates j. So edges compete
  with each other, and several candidates of one edge may win.

  Args:
    none_competes: whether `none` takes part; its weight is 0 if not.
  """

  none_competes: bool = option(
    False, 'Whether none takes part in the softmax over a node.'
  )

  name = 'node_softmax'
  normalized = 'node'

  def mixing(self, parameters, group, draw):
    """See `Relaxation`."""
    del draw
    logits = group.masked(parameters['alpha'])
    if not self.none_competes:
      logits = tf.where(_is_none(group), logits.dtype.min, logits)
    return MixingWeights(group.node_softmax(logits))

  def summary(self, weights, group):
    """Returns the mean entropy of a node."""
    nodes = [
      entropy(np.reshape(weights[list(edges)], [1, -1]))
      for edges in map(group.topology.incoming, group.topology.nodes)
    ]
    return {'entropy': float(np.mean(nodes))}


def _is_none(group) -> np.ndarray:
  """Tells which entries are `none`; never all of those of a node."""
  result = np.zeros(group.shape, bool)
  for edge, names in enumerate(group.candidates):
    for column, name in enumerate(names):
      result[edge, column] = name == 'none'
  return result
