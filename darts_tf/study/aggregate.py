"""Statistics of an arm over its seeds, and baselines to compare with."""

import dataclasses
import statistics
from collections.abc import Sequence

from darts_tf.study.outcome import Outcome
from darts_tf.study.truth import Truth
from darts_tf.tabular.nas_bench_201 import ALL_SKIP


@dataclasses.dataclass(frozen=True)
class Aggregate:
  """An arm over its seeds; accuracies are in percent.

  Args:
    arm: its name.
    num_seeds: number of searches that have ended.
    mean: of the accuracy at the end.
    deviation: sample standard deviation, with n - 1; `None` for one seed.
    best: greatest accuracy at the end.
    worst: least accuracy at the end.
    mean_rank: of the final architectures; `None` without a table.
    best_epoch: the epoch whose mean over seeds is greatest; `None` without
      a course.
    mean_at_best_epoch: that mean. No search could have known when to stop:
      it takes the table, which holds test accuracies.
    skip_connections: mean number in the final architectures.
    none_edges: mean number of edges with `none`.
    minutes: mean of a search.
    seconds_per_epoch: mean of the medians; `None` without epochs.
    peak_memory_mib: largest of all searches.
  """

  arm: str
  num_seeds: int
  mean: float
  deviation: float | None
  best: float
  worst: float
  mean_rank: float | None
  best_epoch: int | None
  mean_at_best_epoch: float | None
  skip_connections: float
  none_edges: float
  minutes: float
  seconds_per_epoch: float | None
  peak_memory_mib: float


def aggregate(outcomes: Sequence[Outcome]) -> Aggregate:
  """Sums up the searches of one arm, at least one."""
  values = [outcome.accuracy for outcome in outcomes]
  mean = lambda name: statistics.fmean(
    getattr(outcome, name) for outcome in outcomes
  )
  optional = lambda name: (
    None if getattr(outcomes[0], name) is None else mean(name)
  )
  epoch, at_best = max(
    mean_course(outcomes), key=lambda point: point[1], default=(None, None)
  )
  return Aggregate(
    arm=outcomes[0].arm,
    num_seeds=len(outcomes),
    mean=statistics.fmean(values),
    deviation=statistics.stdev(values) if len(values) > 1 else None,
    best=max(values),
    worst=min(values),
    mean_rank=optional('rank'),
    best_epoch=epoch,
    mean_at_best_epoch=at_best,
    skip_connections=mean('skip_connections'),
    none_edges=mean('none_edges'),
    minutes=mean('minutes'),
    seconds_per_epoch=optional('seconds_per_epoch'),
    peak_memory_mib=max(o.peak_memory_mib for o in outcomes),
  )


def mean_course(outcomes: Sequence[Outcome]) -> tuple[tuple[int, float], ...]:
  """Returns the mean accuracy over seeds, in epochs that all searches have."""
  courses = [dict(outcome.course) for outcome in outcomes]
  return tuple(
    (epoch, statistics.fmean(course[epoch] for course in courses))
    for epoch in sorted(courses[0])
    if all(epoch in course for course in courses)
  )


@dataclasses.dataclass(frozen=True)
class Baseline:
  """An accuracy to compare with, in percent.

  Args:
    key: `random`, `best_of_N`, `all_skip` or `optimum`.
    label: the same in words.
    accuracy: in percent.
    rank: in the table, where it is that of one architecture.
  """

  key: str
  label: str
  accuracy: float
  rank: int | None = None


def baselines(truth: Truth, num_seeds: int) -> list[Baseline]:
  """Returns the accuracies that cost no search; none without a table.

  Args:
    truth: the table.
    num_seeds: the best of so many seeds is compared with the expected best
      of so many random architectures.

  Returns:
    Random architectures, the cell of skip connections only (if the table
    has it), and the optimum.
  """
  table, dataset = truth.table, truth.dataset
  if table is None:
    return []
  rows = [
    Baseline(
      'random',
      'random architecture: mean of the table',
      table.expected_best(1, dataset),
    )
  ]
  for count in sorted({num_seeds, 20} - {1}):
    rows.append(
      Baseline(
        f'best_of_{count}',
        f'best of {count} random architectures: expectation',
        table.expected_best(count, dataset),
      )
    )
  if ALL_SKIP in table:
    rows.append(
      Baseline(
        'all_skip',
        'cell of skip connections only',
        table.accuracy(ALL_SKIP, dataset),
        table.rank(ALL_SKIP, dataset),
      )
    )
  best, accuracy = table.best(dataset)
  rows.append(
    Baseline('optimum', 'optimum', accuracy, table.rank(best, dataset))
  )
  return rows
