"""A penalty that drives mixing weights to 0 or 1."""

import dataclasses

import tensorflow as tf

from darts_tf.config.errors import InputError
from darts_tf.config.options import option
from darts_tf.graph.constants import constant
from darts_tf.penalty.penalty import Penalty, penalties


@penalties.add
@dataclasses.dataclass(frozen=True)
class ZeroOne(Penalty):
  r"""The zero-one loss of FairDARTS (arXiv:1911.12126, equation 5).

  `-w / N sum (p - 1/2)^2` over the N mixing weights of all groups, or with
  the absolute value in the place of the square. At p = 1/2 the gradient of
  the square is 0.

  Args:
    zero_one_weight: w, 0 or more; 10 in the released code.
    zero_one_absolute: whether the absolute value is taken.
  """

  zero_one_weight: float = option(
    10.0, 'Weight of the zero-one penalty.', least=0
  )
  zero_one_absolute: bool = option(
    False,
    'Whether the zero-one penalty takes the absolute value and not the square.',
  )

  name = 'zero_one'

  def check(self, relaxation):
    """Refuses weights that compete with each other."""
    if relaxation.normalized != 'none':
      raise InputError(
        'The zero-one penalty drives independent weights to 0 or 1, and'
        ' weights that add up to 1 are not independent; expected'
        ' relaxation=sigmoid, or other penalties. Received:'
        f' relaxation={relaxation.name}, penalties={self.name}'
      )

  def __call__(self, view):
    """See `Penalty`."""
    total, count = [], 0
    for name, group in view.groups.items():
      weights = view.expected[name].weights
      distances = (weights - 0.5) * constant(group.exists, weights.dtype)
      # As products with a mask: to choose entries would read their number on
      # the host.
      terms = (
        tf.abs(distances) if self.zero_one_absolute else tf.square(distances)
      )
      total.append(tf.reduce_sum(terms))
      count += int(group.exists.sum())
    return -self.zero_one_weight / count * tf.add_n(total)
