"""What changes as epochs pass."""

# The schedules register themselves.
from darts_tf.schedule.constant import Constant
from darts_tf.schedule.learning_rate import LearningRate
from darts_tf.schedule.prune_replace import PruneReplace
from darts_tf.schedule.schedule import Change, Child, Schedule, Stage, schedules

__all__ = [
  'Change',
  'Child',
  'Constant',
  'LearningRate',
  'PruneReplace',
  'Schedule',
  'Stage',
  'schedules',
]
