"""A softmax over the candidates of each edge."""

from collections.abc import Mapping

import numpy as np
import tensorflow as tf

from darts_tf.layers.mixing_weights import MixingWeights
from darts_tf.relaxation.relaxation import Relaxation


class Softmax(Relaxation):
  r"""`p[e, k] = exp(alpha[e, k]) / sum_j exp(alpha[e, j])`.

  The relaxation of DARTS (arXiv:1806.09055, equation 2). `none` takes part
  like any candidate; entries without a candidate have weight 0.
  """

  def mixing(self, alphas: Mapping[str, tf.Tensor]) -> dict[str, MixingWeights]:
    """See `Relaxation.mixing`."""
    result = {}
    for group, alpha in alphas.items():
      result[group] = MixingWeights(
        tf.nn.softmax(masked(alpha, self.masks[group]), axis=-1)
      )
    return result


def masked(alpha: tf.Tensor, mask: np.ndarray) -> tf.Tensor:
  """Returns alphas whose entries without a candidate have no weight.

  Args:
    alpha: `(edges, candidates)`.
    mask: of the same shape, whether there is a candidate.
  """
  return alpha if mask.all() else tf.where(mask, alpha, alpha.dtype.min)
