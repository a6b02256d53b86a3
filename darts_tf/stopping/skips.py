"""The first criterion of DARTS+: skip connections in the derived cell."""

import dataclasses

from darts_tf.config.options import option
from darts_tf.stopping.stop_rule import StopRule, stops


@stops.add
@dataclasses.dataclass(frozen=True)
class SkipConnections(StopRule):
  """Stops when a derived cell has many skip connections.

  arXiv:1909.06035, criterion 1: two or more in the normal cell. The result
  is the architecture of the epoch in which that happens, or of the one
  before.

  Args:
    stop_skips: smallest number of skip connections at which to stop.
    stop_cell: the cell whose skip connections count; if there is no such
      cell, that with most of them.
    stop_epochs: fewest epochs before a stop.
    stop_before: whether the result is the architecture of the epoch before.
  """

  stop_skips: int = option(
    2, 'Skip connections in a derived cell that end the search.', least=1
  )
  stop_cell: str = option('normal', 'Cell whose skip connections count.')
  stop_epochs: int = option(1, 'Fewest epochs before a stop.', least=1)
  stop_before: bool = option(
    False, 'Whether the architecture of the epoch before is the result.'
  )

  name = 'skips'

  def result_epoch(self, course):
    """See `StopRule`."""
    counts = course.metrics[-1]['skip_connections']
    count = counts.get(self.stop_cell, max(counts.values()))
    last = len(course.metrics) - 1
    if len(course.metrics) < self.stop_epochs or count < self.stop_skips:
      return None
    return max(last - 1, 0) if self.stop_before else last
