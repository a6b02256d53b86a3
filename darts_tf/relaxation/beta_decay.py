"""A softmax whose weights are kept from growing apart."""

from collections.abc import Mapping
from typing import Any, ClassVar

import keras
import tensorflow as tf

from darts_tf.relaxation.softmax import Softmax, masked


class BetaDecay(Softmax):
  r"""The softmax of DARTS with the regularization of beta-DARTS.

  To the loss of the alphas it adds, in epoch q of Q,

      lambda(q) / E sum_e log sum_k exp(alpha[e, k]),
      lambda(q) = beta_decay q / Q,

  over all E edges of all groups (arXiv:2203.01665). Its gradient by
  alpha[e, k] is the mixing weight p[e, k] times lambda(q) / E: the greater a
  weight has become, the more it is lowered.

  Args:
    space: see `Relaxation`.
    groups: see `Relaxation`.
    beta_decay: what lambda tends to at the end of the search, 0 or more. 50
      is published for the space of NAS-Bench-201.
  """

  options: ClassVar[Mapping[str, Any]] = {'beta_decay': 50.0}

  def __init__(self, space, groups, beta_decay: float = 50.0):
    super().__init__(space, groups)
    self.beta_decay = beta_decay
    self._factor = keras.Variable(
      0.0,
      trainable=False,
      dtype='float32',
      aggregation='only_first_replica',
      name='beta_decay',
    )

  def start_epoch(self, epoch: int, epochs: int) -> None:
    """Sets lambda."""
    self._factor.assign(self.beta_decay * epoch / epochs)

  def penalty(self, alphas: Mapping[str, tf.Tensor]) -> tf.Tensor:
    """See `Relaxation.penalty`."""
    sums = tf.concat(
      [
        tf.reduce_logsumexp(masked(alpha, self.masks[group]), -1)
        for group, alpha in alphas.items()
      ],
      0,
    )
    return tf.cast(self._factor, sums.dtype) * tf.reduce_mean(sums)
