"""The criterion of R-DARTS: curvature that grows too fast."""

import dataclasses

import numpy as np

from darts_tf.config.errors import InputError
from darts_tf.config.options import option
from darts_tf.stopping.stop_rule import StopRule, stops


@stops.add
@dataclasses.dataclass(frozen=True)
class EigenvalueGrowth(StopRule):
  r"""Stops when the largest eigenvalue of the Hessian by alpha has grown.

  arXiv:1909.09656, section 4.2, as in the released code. Eigenvalues, plus
  `eigenvalue_offset`, are averaged over `eigenvalue_window` measurements;
  an average belongs to the measurement in the middle of its window. The
  search ends if

      average(i) / average(i - eigenvalue_gap) > eigenvalue_ratio

  and the epoch of the earlier average is at least `eigenvalue_first`. The
  result is the architecture of that epoch. The paper has the ratio 1 / 0.75.

  Args:
    eigenvalue_ratio: growth that ends the search, above 1.
    eigenvalue_window: measurements of an average, odd.
    eigenvalue_gap: measurements between the compared averages.
    eigenvalue_first: first epoch, from 0, that can be the result.
    eigenvalue_offset: added to eigenvalues; the released code adds the L2
      factor of alpha.
  """

  eigenvalue_ratio: float = option(
    1.3, 'Growth of the largest eigenvalue that ends the search.'
  )
  eigenvalue_window: int = option(
    5, 'Measurements in an average of eigenvalues.', least=1
  )
  eigenvalue_gap: int = option(
    4, 'Measurements between compared averages.', least=1
  )
  eigenvalue_first: int = option(
    10, 'First epoch, from 0, whose architecture can be the result.', least=0
  )
  eigenvalue_offset: float = option(
    1e-3, 'Number that is added to eigenvalues.', least=0
  )

  name = 'eigenvalue'

  def __post_init__(self):
    super().__post_init__()
    if not self.eigenvalue_ratio > 1:
      raise InputError(
        'A search ends when the eigenvalue has grown; expected a ratio above'
        f' 1. Received: eigenvalue_ratio={self.eigenvalue_ratio:g}'
      )
    if not self.eigenvalue_window % 2:
      raise InputError(
        'An average belongs to the middle of its window; expected an odd'
        f' number. Received: eigenvalue_window={self.eigenvalue_window}'
      )

  @property
  def measures(self):
    """Every second epoch, as in the released code."""
    return {'eigenvalue_every': 2}

  def result_epoch(self, course):
    """See `StopRule`."""
    measured = [
      (epoch, metrics['eigenvalue'] + self.eigenvalue_offset)
      for epoch, metrics in enumerate(course.metrics)
      if 'eigenvalue' in metrics
    ]
    if not measured or measured[-1][0] != len(course.metrics) - 1:
      return None
    epochs, values = map(list, zip(*measured))
    half = self.eigenvalue_window // 2
    newest = len(values) - 1 - half
    earlier = newest - self.eigenvalue_gap
    if earlier < 0:
      return None
    average = lambda centre: np.mean(
      values[max(centre - half, 0) : centre + half + 1]
    )
    if epochs[earlier] < self.eigenvalue_first or average(earlier) <= 0:
      return None
    grown = average(newest) / average(earlier) > self.eigenvalue_ratio
    return epochs[earlier] if grown else None
