"""Steps of a search: the moves and their order."""

from darts_tf.step.alternating import Alternating
from darts_tf.step.joint import Joint
from darts_tf.step.perturbed import Perturbed
from darts_tf.step.step import Moves, Step, WeightLoss, steps

__all__ = [
  'Alternating',
  'Joint',
  'Moves',
  'Perturbed',
  'Step',
  'WeightLoss',
  'steps',
]
