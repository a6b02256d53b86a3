"""The table of a study, for people."""

from collections.abc import Sequence
from typing import Any

from darts_tf.study.aggregate import Aggregate, Baseline

_NONE = '–'

_PUBLISHED = (
  'Accuracies are published test accuracies in percent, read from the'
  ' benchmark table. Arms: mean ± sample standard deviation over seeds of'
  ' the architecture at the end of the search. The column "at best epoch"'
  ' is the mean at the epoch that is best for the arm; it is not a result'
  ' one could have known, since the table of test accuracies chose the'
  ' epoch.'
)
_SUPERNET = (
  'Without a benchmark table, accuracies are those of the supernet on'
  ' held-out images of the training set, in percent: of shared weights and'
  ' mixed operations. They say how the searches went, not how good the'
  ' architectures are, which only retraining tells. Arms: mean ± sample'
  ' standard deviation over seeds at the end of the search. The column "at'
  ' best epoch" is the mean at the epoch that is best for the arm by the'
  ' same images.'
)
_RANDOM = (
  'A random search has no supernet: its accuracy is that of its best short'
  ' training on other held-out images, and not comparable with the others.'
)


def study_table(
  rows: Sequence[Aggregate],
  baselines: Sequence[Baseline],
  published: bool,
  unfinished: Sequence[tuple[str, int]] = (),
) -> str:
  """Writes the results of a study as a Markdown document.

  Args:
    rows: one an arm, in order.
    baselines: rows below the arms.
    published: whether accuracies are published ones.
    unfinished: arm and seed of the searches that are not done yet.

  Returns:
    The text.
  """
  name = (
    'published accuracy at the end'
    if published
    else "supernet's validation accuracy at the end"
  )
  header = [
    'arm',
    'seeds',
    name,
    'best',
    'worst',
    'mean rank',
    'at best epoch',
    'skip connections',
    '`none` edges',
    'minutes a search',
    'seconds an epoch',
    'peak memory (MiB)',
  ]
  ranked = 5
  lines = [
    [
      row.arm,
      row.num_seeds,
      _spread(row),
      _number(row.best, 2),
      _number(row.worst, 2),
      _number(row.mean_rank, 0),
      _at_best(row),
      _number(row.skip_connections, 1),
      _number(row.none_edges, 1),
      _number(row.minutes, 1),
      _number(row.seconds_per_epoch, 1),
      _number(row.peak_memory_mib, 0),
    ]
    for row in rows
  ]
  lines += [
    [
      f'*{baseline.label}*',
      '',
      _number(baseline.accuracy, 2),
      '',
      '',
      '' if baseline.rank is None else f'{baseline.rank:,}',
      *[''] * (len(header) - ranked - 1),
    ]
    for baseline in baselines
  ]
  if not published:
    del header[ranked]
    for line in lines:
      del line[ranked]
  text = [
    _row(header),
    _row(['---'] + ['---:'] * (len(header) - 1)),
    *map(_row, lines),
    '',
    _PUBLISHED if published else _SUPERNET,
  ]
  if not published and any(row.best_epoch is None for row in rows):
    text += ['', _RANDOM]
  if unfinished:
    left = ', '.join(f'{arm} with seed {seed}' for arm, seed in unfinished)
    text += ['', f'Not finished yet: {left}.']
  return '\n'.join(['# Study', '', *text]) + '\n'


def _row(cells: Sequence[Any]) -> str:
  return '| ' + ' | '.join(map(str, cells)) + ' |'


def _number(value: float | None, digits: int) -> str:
  return _NONE if value is None else f'{value:,.{digits}f}'


def _spread(row: Aggregate) -> str:
  if row.deviation is None:
    return f'{row.mean:.2f}'
  return f'{row.mean:.2f} ± {row.deviation:.2f}'


def _at_best(row: Aggregate) -> str:
  if row.best_epoch is None:
    return _NONE
  return f'{row.mean_at_best_epoch:.2f} (epoch {row.best_epoch})'
