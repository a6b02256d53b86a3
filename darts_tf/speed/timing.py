"""The times of steps, and the share of them in which a step waits for data."""

import dataclasses
import statistics
import time
from collections.abc import Callable, Iterable
from typing import Any


@dataclasses.dataclass(frozen=True)
class StepTimes:
  """The times of some steps, one after the other.

  Args:
    seconds: of each step, its wait for data included.
    waiting: seconds of all steps together that passed before a batch was
      there; `None` where nobody can tell.
  """

  seconds: tuple[float, ...]
  waiting: float | None

  @property
  def median(self) -> float:
    """Median of the seconds of a step."""
    return statistics.median(self.seconds)

  def fields(self) -> dict[str, float | None]:
    """Returns what a benchmark prints of them."""
    share = None
    if self.waiting is not None:
      share = round(self.waiting / sum(self.seconds), 4)
    return {
      'seconds_per_step_median': round(self.median, 4),
      'seconds_per_step_min': round(min(self.seconds), 4),
      'share_waiting_for_data': share,
    }


def time_steps(
  batches: Iterable[Any],
  step: Callable[[Any], None],
  clock: Callable[[], float] = time.perf_counter,
) -> StepTimes:
  """Takes batches and runs a step with each.

  Args:
    batches: at least one.
    step: returns when it has ended.
    clock: returns seconds.
  """
  iterator, end = iter(batches), object()
  seconds, waiting = [], 0.0
  started = clock()
  while (batch := next(iterator, end)) is not end:
    waiting += clock() - started
    step(batch)
    now = clock()
    seconds.append(now - started)
    started = now
  return StepTimes(tuple(seconds), waiting)
