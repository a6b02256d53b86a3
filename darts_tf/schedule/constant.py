"""A single stage: the same supernet from the first epoch to the last."""

import dataclasses

from darts_tf.schedule.course import Stage
from darts_tf.schedule.schedule import Schedule, schedules

_DEFAULT_EPOCHS = 50


@schedules.add
@dataclasses.dataclass(frozen=True)
class Constant(Schedule):
  """The schedule of DARTS (arXiv:1806.09055)."""

  name = 'constant'

  def stages(self, epochs, grace_epochs):
    """See `Schedule`."""
    length = _DEFAULT_EPOCHS if epochs is None else epochs
    return (Stage(0, 0, length, grace_epochs),)

  def summary(self, stages):
    """See `Schedule`."""
    return f'alphas frozen for {stages[0].grace_epochs}'
