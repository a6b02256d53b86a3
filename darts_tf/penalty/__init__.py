"""Penalties: functions of an architecture that are added to its loss."""

from darts_tf.penalty.beta_decay import BetaDecay
from darts_tf.penalty.expected_cost import ExpectedCost
from darts_tf.penalty.penalty import Costs, Penalty, View, penalties
from darts_tf.penalty.zero_one import ZeroOne

__all__ = [
  'BetaDecay',
  'Costs',
  'ExpectedCost',
  'Penalty',
  'View',
  'ZeroOne',
  'penalties',
]
