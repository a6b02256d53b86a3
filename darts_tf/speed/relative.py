"""Measurements of two commands in turn, and their ratios."""

import statistics
from collections.abc import Callable, Sequence
from typing import Any

from darts_tf.speed.child import measure_in_process

# The numbers whose ratio is asked for, by the name of the ratio.
RATIOS = {
  'time': 'seconds_per_step_median',
  'memory': 'peak_rss_mib',
  'start': 'seconds_to_first_step',
}


def measure_in_turn(
  command: Sequence[str],
  baseline: Sequence[str],
  pairs: int = 2,
  measure: Callable[[Sequence[str]], dict[str, Any]] = measure_in_process,
) -> dict[str, Any]:
  """Measures a command and a baseline, each in a process of its own.

  The machine may be slower at one time than at another. So the two take
  turns, and medians are compared.

  Args:
    command: the arguments of Python that print the JSON of
      `measure_search`.
    baseline: the same for the baseline.
    pairs: number of measurements of each.
    measure: measures one of them; in a new process by default.

  Returns:
    `measured` and `baseline`, the numbers of the last pair, and `ratios`:
    time of a step, largest memory, and time to the first step.

  Raises:
    ResourceError: if a measurement fails.
  """
  results = [(measure(baseline), measure(command)) for _ in range(pairs)]

  def ratio(key: str) -> float:
    first, second = (
      statistics.median(pair[side][key] for pair in results) for side in (0, 1)
    )
    return round(second / first, 3)

  return {
    'baseline': results[-1][0],
    'measured': results[-1][1],
    'ratios': {name: ratio(key) for name, key in RATIOS.items()},
  }
