"""The files that show what a study has found so far."""

import dataclasses
import json
import pathlib

from darts_tf.config.errors import InputError, RunStateError
from darts_tf.runs.atomic import atomic_write_json, atomic_write_text
from darts_tf.runs.workdir import WorkDir
from darts_tf.study.aggregate import (
  Aggregate,
  aggregate,
  baselines,
  mean_course,
)
from darts_tf.study.markdown import study_table
from darts_tf.study.outcome import Outcome, make_outcome
from darts_tf.study.truth import Truth
from darts_tf.study.worker import RESULT
from darts_tf.visualize.study import StudyLine, draw_study

# Baselines in the plot, with shorter words.
_REFERENCES = {
  'random': 'random, mean',
  'all_skip': 'skips only',
  'optimum': 'optimum',
}


def search_path(directory: WorkDir, arm: str, seed: int) -> pathlib.Path:
  """The directory of one search."""
  return directory.path / arm / f'seed_{seed}'


def read_outcome(
  directory: WorkDir, arm: str, seed: int, truth: Truth
) -> Outcome | None:
  """Reads what a search has given; `None` if it has not ended.

  Raises:
    InputError: if the table lacks its architecture.
    RunStateError: if its `study_result.json` is damaged.
  """
  path = search_path(directory, arm, seed) / RESULT
  if not path.exists():
    return None
  try:
    result = json.loads(path.read_text(encoding='utf-8'))
    return make_outcome(arm, seed, result, truth)
  except InputError:
    raise
  except (KeyError, TypeError, ValueError) as error:
    raise RunStateError(
      f'The result of a search cannot be used ({error}); expected what the'
      ' search wrote: remove the file, and it is written again.'
      f' Received: path={str(path)!r}'
    ) from error


def read_outcomes(directory: WorkDir, truth: Truth) -> list[Outcome]:
  """All searches in a study's directory that have ended, arm by arm."""
  outcomes = []
  for arm in directory.read_config()['arms']:
    folders = (directory.path / arm).glob('seed_*')
    seeds = sorted(
      int(digits)
      for folder in folders
      if (digits := folder.name.removeprefix('seed_')).isdigit()
    )
    outcomes += [
      outcome
      for seed in seeds
      if (outcome := read_outcome(directory, arm, seed, truth)) is not None
    ]
  return outcomes


def write_report(
  directory: WorkDir, truth: Truth, planned: list[tuple[str, int]]
) -> list[Outcome]:
  """Writes `study.json`, `study.md` and `study.png`.

  They show all that the directory holds, also of arms and seeds that are
  not asked for now. Without any search that has ended, nothing is written.

  Args:
    directory: of the study.
    truth: what architectures are judged by.
    planned: arm and seed of the searches that are asked for.

  Returns:
    The searches that have ended.
  """
  outcomes = read_outcomes(directory, truth)
  if not outcomes:
    return outcomes
  arms = {
    arm: [o for o in outcomes if o.arm == arm]
    for arm in dict.fromkeys(o.arm for o in outcomes)
  }
  rows = [aggregate(members) for members in arms.values()]
  references = baselines(truth, max(row.num_seeds for row in rows))
  ended = {(outcome.arm, outcome.seed) for outcome in outcomes}
  unfinished = [search for search in planned if search not in ended]
  published = truth.table is not None
  atomic_write_json(
    directory.path / 'study.json',
    {
      'measure': truth.measure,
      'dataset': truth.dataset if published else None,
      **directory.read_config(),
      'aggregates': [dataclasses.asdict(row) for row in rows],
      'baselines': [dataclasses.asdict(row) for row in references],
      'unfinished': [list(search) for search in unfinished],
      'searches': [dataclasses.asdict(outcome) for outcome in outcomes],
    },
  )
  atomic_write_text(
    directory.path / 'study.md',
    study_table(rows, references, published, unfinished),
  )
  draw_study(
    [
      StudyLine(
        label=_label(row),
        course=mean_course(members),
        courses=[o.course for o in members],
        level=row.mean,
      )
      for row, members in zip(rows, arms.values(), strict=True)
    ],
    {
      _REFERENCES[row.key]: row.accuracy
      for row in references
      if row.key in _REFERENCES
    },
    'Published test accuracy of the current architecture (%)'
    if published
    else 'Validation accuracy of the supernet (%)',
    directory.path / 'study.png',
    stretch=published,
  )
  return outcomes


def _label(row: Aggregate) -> str:
  seeds = '1 seed' if row.num_seeds == 1 else f'{row.num_seeds} seeds'
  return f'{row.arm}, {seeds}'
