"""Stop rules: whether a search ends after an epoch, and with which result."""

from darts_tf.stopping.eigenvalue import EigenvalueGrowth
from darts_tf.stopping.skips import SkipConnections
from darts_tf.stopping.stable_ranking import StableRanking
from darts_tf.stopping.stop_rule import StopRule, stops

__all__ = [
  'EigenvalueGrowth',
  'SkipConnections',
  'StableRanking',
  'StopRule',
  'stops',
]
