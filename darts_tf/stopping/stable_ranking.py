"""The second criterion of DARTS+: a ranking that no longer changes."""

import dataclasses

import numpy as np

from darts_tf.config.options import option
from darts_tf.stopping.stop_rule import StopRule, stops


@stops.add
@dataclasses.dataclass(frozen=True)
class StableRanking(StopRule):
  """Stops when the ranking of candidates has not changed for some epochs.

  arXiv:1909.06035, criterion 1*: of each edge the candidates with weights
  are ranked by their mixing weights. The search ends after
  `ranking_patience` comparisons of successive epochs in which the rankings
  of all edges are the same.

  Args:
    ranking_patience: equal comparisons that end the search.
  """

  ranking_patience: int = option(
    10, 'Epochs with an unchanged ranking that end the search.', least=1
  )

  name = 'stable_ranking'

  def result_epoch(self, course):
    """See `StopRule`."""
    # The first entry of the history is from before the first epoch.
    length = len(next(iter(course.history.values())))
    if length < self.ranking_patience + 2:
      return None
    recent = range(length - self.ranking_patience - 1, length)
    rankings = [_ranking(course, index) for index in recent]
    if any(ranking != rankings[0] for ranking in rankings):
      return None
    return len(course.metrics) - 1


def _is_learned(name: str) -> bool:
  """Tells whether an operation has weights; a strided skip does not count."""
  return name not in ('none', 'skip_connect', 'noise') and '_pool_' not in name


def _ranking(course, index: int) -> list[list[int]]:
  """Ranks the candidates with weights of all edges, in one epoch."""
  result = []
  for group, kind in course.groups.items():
    weights = course.history[group][index]
    for names, row in zip(course.space.candidates[kind], weights):
      learned = [i for i, name in enumerate(names) if _is_learned(name)]
      order = np.argsort([-row[i] for i in learned], kind='stable')
      result.append([learned[i] for i in order])
  return result
