"""The progress of a search, on which factors that change by epoch depend."""

from typing import NamedTuple


class Progress(NamedTuple):
  """The position of an epoch in its search.

  Args:
    epoch: the epoch, from 0.
    epochs: length of the search.
    stage_epoch: the epoch in its stage, from 0.
    stage_epochs: length of the stage.
  """

  epoch: int
  epochs: int
  stage_epoch: int
  stage_epochs: int
