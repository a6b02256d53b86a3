"""A softmax over the candidates of each edge."""

from collections.abc import Mapping

import tensorflow as tf

from darts_tf.layers.mixing_weights import MixingWeights
from darts_tf.relaxation.relaxation import Relaxation


class Softmax(Relaxation):
  r"""`p[e, k] = exp(alpha[e, k]) / sum_j exp(alpha[e, j])`.

  The relaxation of DARTS (arXiv:1806.09055, equation 2). `none` takes part
  like any candidate; entries without a candidate have weight 0.
  """

  def mixing(
      self, alphas: Mapping[str, tf.Tensor]
  ) -> dict[str, MixingWeights]:
    """See `Relaxation.mixing`."""
    result = {}
    for group, alpha in alphas.items():
      mask = self.masks[group]
      if not mask.all():
        alpha = tf.where(mask, alpha, alpha.dtype.min)
      result[group] = MixingWeights(tf.nn.softmax(alpha, axis=-1))
    return result
