"""Schedules: the changes of a search as epochs pass."""

# The schedules register themselves.
from darts_tf.schedule.constant import Constant
from darts_tf.schedule.course import (
  Candidates,
  Change,
  Child,
  Continue,
  Course,
  Decision,
  Freeze,
  Next,
  Stage,
  Stop,
)
from darts_tf.schedule.learning_rate import LearningRate
from darts_tf.schedule.prune_replace import PruneReplace
from darts_tf.schedule.schedule import Schedule, schedules

__all__ = [
  'Candidates',
  'Change',
  'Child',
  'Constant',
  'Continue',
  'Course',
  'Decision',
  'Freeze',
  'LearningRate',
  'Next',
  'PruneReplace',
  'Schedule',
  'Stage',
  'Stop',
  'schedules',
]
