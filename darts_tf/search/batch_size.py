"""A batch size that grows while memory allows it."""

import dataclasses
from typing import Any

import numpy as np

# Steps between attempts.
_EVERY = 5
# Share of the budget that a prediction may reach.
THRESHOLD = 0.95
# A batch is at most so many times as large as the one before.
_MOST_GROWTH = 2


@dataclasses.dataclass
class AdaptiveBatchSize:
  r"""Grows by multiples of some number up to a largest size.

  As in arXiv:1906.07528, section 3.4: every five steps the next size is the
  largest whose memory stays below 95 % of the budget, by a line

      memory(b) = offset + slope b

  through the observations, at most twice the present size. The memory held
  between steps counts as that of a batch without images, so that one size
  suffices for a line. If it is unknown, the first line goes through the
  origin, which overestimates. A size that was observed above the threshold
  gives way to a smaller one, down to the first. A size at which memory ran
  out is not tried again.

  Args:
    smallest: the first size.
    multiple: all sizes are multiples of it.
    largest: the last size.
    budget: memory, in the unit of observations.

  Attributes:
    size: the present size.
    observed: size to the largest memory observed; size 0 has the memory
      held between steps.
    steps: steps since the last attempt.
  """

  smallest: int
  multiple: int
  largest: int
  budget: float
  size: int = dataclasses.field(init=False)
  observed: dict[int, float] = dataclasses.field(init=False)
  steps: int = dataclasses.field(init=False)
  _limit: int = dataclasses.field(init=False)

  def __post_init__(self):
    self.restart()

  def restart(self) -> None:
    """Begins again with the smallest size: the network is another one."""
    self.size, self._limit = self.smallest, self.largest
    self.observed, self.steps = {}, 0

  def observe(self, memory: float, held: float | None = None) -> bool:
    """Notes the memory of a step of the present size.

    Args:
      memory: its peak.
      held: memory still held after it; `None` if nobody can tell.

    Returns:
      Whether the size has changed.
    """
    for size, value in ((self.size, memory), (0, held)):
      if value is not None:
        self.observed[size] = max(value, self.observed.get(size, value))
    self.steps += 1
    if self.steps < _EVERY:
      return False
    self.steps = 0
    before, self.size = self.size, self._next()
    return self.size != before

  def ran_out(self) -> bool:
    """Steps back after a step that did not fit into memory.

    Returns:
      Whether there is a smaller size to go on with.
    """
    self._limit = self.size - self.multiple
    smaller = max(
      self.multiple, self.size // 2 // self.multiple * self.multiple
    )
    possible = smaller < self.size
    self.size, self.steps = min(smaller, self.size), 0
    return possible

  def predict(self, size: int) -> float:
    """The memory of a step of a size."""
    sizes, memory = map(np.array, zip(*sorted(self.observed.items())))
    if len(sizes) == 1:
      line = memory[0] * size / sizes[0]
    else:
      slope, offset = np.polyfit(sizes, memory, 1)
      line = offset + max(slope, 0.0) * size
    return float(max(line, self.observed.get(size, line)))

  def _next(self) -> int:
    most = min(self._limit, _MOST_GROWTH * self.size)
    largest = most // self.multiple * self.multiple
    # After memory ran out the present size can be smaller than the first.
    smallest = min(self.smallest, self.size)
    for size in range(largest, smallest, -self.multiple):
      if self.predict(size) <= THRESHOLD * self.budget:
        return size
    return smallest

  def state(self) -> dict[str, Any]:
    """The state as JSON can hold it."""
    return {
      'size': self.size,
      'limit': self._limit,
      'steps': self.steps,
      'observed': list(map(list, self.observed.items())),
    }

  def restore(self, state: dict[str, Any]) -> None:
    """Inverts `state`."""
    self.size, self._limit = state['size'], state['limit']
    self.steps = state['steps']
    self.observed = {int(size): memory for size, memory in state['observed']}
