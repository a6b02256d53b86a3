"""A single stage: the same supernet from the first epoch to the last."""

from darts_tf.schedule.schedule import Schedule, Stage, schedules

_DEFAULT_EPOCHS = 50


class Constant(Schedule):
  """The schedule of DARTS (arXiv:1806.09055).

  Args:
    epochs: length of the search; 50 by default.
    grace_epochs: epochs at the start in which only weights are trained.
  """

  def __init__(self, epochs: int | None = None, grace_epochs: int = 0):
    self._stage = Stage(
      0, 0, _DEFAULT_EPOCHS if epochs is None else epochs, grace_epochs
    )

  @property
  def stages(self) -> tuple[Stage, ...]:
    """See `Schedule`."""
    return (self._stage,)

  def describe(self) -> str:
    """See `Schedule`."""
    return f'alphas frozen for {self._stage.grace_epochs}'


schedules.register('constant', Constant)
