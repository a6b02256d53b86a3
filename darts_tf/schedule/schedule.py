"""The interface of schedules: the stages of a search."""

import abc
import dataclasses
from collections.abc import Sequence

import numpy as np

from darts_tf.config.parts import Axis, Part
from darts_tf.schedule.course import (
  Change,
  Continue,
  Course,
  Decision,
  Next,
  Stage,
)
from darts_tf.search_space.space import SearchSpace


@dataclasses.dataclass(frozen=True)
class Schedule(Part, abc.ABC):
  """The stages of a search, and what happens after each epoch."""

  @abc.abstractmethod
  def stages(self, epochs: int | None, grace_epochs: int) -> tuple[Stage, ...]:
    """Returns the stages in order.

    Args:
      epochs: `--epochs`; `None` to leave the length to the schedule.
      grace_epochs: `--grace_epochs`.

    Raises:
      InputError: if the schedule cannot have this length.
    """

  def check(self, space: SearchSpace) -> None:
    """Raises `InputError` if a space cannot be searched in this way."""
    del space

  @abc.abstractmethod
  def summary(self, stages: Sequence[Stage]) -> str:
    """Returns the stages in a few words."""

  def after_epoch(self, course: Course, stages: Sequence[Stage]) -> Decision:
    """Decides what follows an epoch.

    Args:
      course: the record; its last stage is the present one.
      stages: as `stages` returned them.

    Returns:
      A `Continue`, `Freeze` or `Next`; by default the next stage begins when
      the present one ends.
    """
    index = len(course.past) - 1
    if len(course.metrics) < stages[index].end or index + 1 == len(stages):
      return Continue()
    following = stages[index + 1]
    draw = np.random.default_rng(stage_seed(course.seed, following))
    return Next(following, self.change(course, stages[index], draw))

  def change(
    self, course: Course, stage: Stage, draw: np.random.Generator
  ) -> Change:
    """Chooses the candidates of the stage after one that has ended.

    By default they stay as they are.

    Args:
      course: the record.
      stage: the stage that has ended.
      draw: source of random numbers.
    """
    del stage, draw
    candidates = course.space.candidates
    return Change(
      candidates,
      {kind: tuple({} for _ in edges) for kind, edges in candidates.items()},
    )


def stage_seed(seed: int, stage: Stage) -> tuple[int, ...]:
  """Returns the seed of what is drawn when a stage begins."""
  return seed, 0x57A6E, stage.index


schedules: Axis[Schedule] = Axis('schedule')
