"""An independent sigmoid for each candidate."""

import dataclasses

import numpy as np
import tensorflow as tf

from darts_tf.layers.mixing_weights import MixingWeights
from darts_tf.relaxation.relaxation import Relaxation, relaxations


@relaxations.add
@dataclasses.dataclass(frozen=True)
class Sigmoid(Relaxation):
  r"""`p[e, k] = 1 / (1 + exp(-alpha[e, k]))`.

  The relaxation of FairDARTS (arXiv:1911.12126, equation 3): candidates do
  not compete, and any number of them may win.
  """

  name = 'sigmoid'
  normalized = 'none'

  def mixing(self, parameters, group, draw):
    """See `Relaxation`."""
    del draw
    return MixingWeights(tf.sigmoid(group.masked(parameters['alpha'])))

  def summary(self, weights, group):
    """Returns how decided the weights are, and the share above one half."""
    existing = weights[group.exists]
    return {
      'decidedness': float(np.mean(np.abs(2 * existing - 1))),
      'share_above_half': float(np.mean(existing > 0.5)),
    }
