"""A penalty that keeps logits from growing apart."""

import dataclasses

import tensorflow as tf

from darts_tf.config.options import option
from darts_tf.penalty.penalty import Penalty, penalties


@penalties.add
@dataclasses.dataclass(frozen=True)
class BetaDecay(Penalty):
  r"""The regularization of beta-DARTS (arXiv:2203.01665, equation 14).

  In epoch q of Q it is

      lambda(q) / E sum_e log sum_k exp(alpha[e, k]),
      lambda(q) = beta_decay q / Q,

  over all E edges of all groups. Its gradient by alpha[e, k] is the softmax
  weight p[e, k] times lambda(q) / E: the greater a weight has become, the
  more it is lowered.

  Args:
    beta_decay: what lambda tends to at the end of the search, 0 or more. 50
      is published for the space of NAS-Bench-201.
  """

  beta_decay: float = option(
    50.0, 'What the weight of the regularization tends to.', least=0
  )

  name = 'beta_decay'

  def rates(self, progress):
    """See `Penalty`."""
    return {'beta_decay': self.beta_decay * progress.epoch / progress.epochs}

  def __call__(self, view):
    """See `Penalty`."""
    sums = tf.concat(
      [
        tf.reduce_logsumexp(group.masked(view.parameters[name]['alpha']), -1)
        for name, group in view.groups.items()
      ],
      0,
    )
    return view.rate('beta_decay', sums.dtype) * tf.reduce_mean(sums)
