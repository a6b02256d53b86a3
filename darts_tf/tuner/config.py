"""Options of a tuner run."""

import dataclasses

from darts_tf.config.options import option
from darts_tf.pipeline.limits import LimitConfig


@dataclasses.dataclass(frozen=True)
class TuneConfig(LimitConfig):
  """The options of a tuner's trials; see the `help` of each option."""

  max_trials: int = option(
    10, 'Architectures that are trained at most, searches included.', least=1
  )
  objective: str = option(
    'val_accuracy',
    'Metric by which architectures are compared.',
    choices=('val_accuracy', 'val_loss'),
  )
  derived: int = option(
    3,
    'Architectures that are derived from each search, the most likely ones.',
    least=1,
  )
  sampled: int = option(
    3, 'Draws from the mixing weights, of all searches together.', least=0
  )
  hyperband_factor: int | None = option(
    None,
    "Hyperband's reduction factor: one of so many architectures goes on,"
    ' for so many times as long; by default each is trained for all'
    ' epochs.',
    least=2,
  )
  stop_below: float | None = option(
    None,
    'Trials stop if they beat the best one with a probability below'
    ' this, say 0.45, as estimated from the curves of other trials.',
    least=0,
    below=1,
  )
