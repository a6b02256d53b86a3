"""A softmax over the candidates of each edge."""

import dataclasses

import tensorflow as tf

from darts_tf.layers.mixing_weights import MixingWeights
from darts_tf.relaxation.relaxation import Relaxation, relaxations


@relaxations.add
@dataclasses.dataclass(frozen=True)
class Softmax(Relaxation):
  r"""`p[e, k] = exp(alpha[e, k]) / sum_j exp(alpha[e, j])`.

  The relaxation of DARTS (arXiv:1806.09055, equation 2). `none` takes part
  like any candidate; entries without a candidate have weight 0.
  """

  name = 'softmax'

  def mixing(self, parameters, group, draw):
    """See `Relaxation`."""
    del draw
    return MixingWeights(tf.nn.softmax(group.masked(parameters['alpha'])))
