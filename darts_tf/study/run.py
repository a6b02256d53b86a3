"""Does the searches of a study, one at a time."""

import os
import time
from collections.abc import Callable

from darts_tf.config.errors import InputError
from darts_tf.config.options import Options
from darts_tf.runs.workdir import WorkDir
from darts_tf.study.arm import Arm
from darts_tf.study.child import run_child
from darts_tf.study.outcome import Outcome
from darts_tf.study.plan import Study, pin_study
from darts_tf.study.report import read_outcome, search_path, write_report
from darts_tf.study.truth import Truth
from darts_tf.study.worker import RESULT, job_text

# Does one search in a directory: arm, configuration, directory.
Runner = Callable[[Arm, Options, os.PathLike], None]

# Of the output of a search, these lines are shown.
_COURSE = ('Epoch ', 'Sample ', 'Continuing ', 'Warning: ')


def run_study(
  study: Study,
  workdir: str | os.PathLike,
  minutes: float = 0,
  run: Runner | None = None,
) -> list[Outcome]:
  """Does the searches of a study that have not been done yet.

  Each search runs in a process of its own, so that its memory is its own
  and is fresh, in `WORKDIR/ARM/seed_N`. After each the results are written
  anew: `study.json`, `study.md` and `study.png`.

  Args:
    study: what to do.
    workdir: the study's directory; a study that was stopped in it
      continues. Arms and seeds may be added.
    minutes: after so many no other search is started; 0 for no limit.
    run: does one search; in a new process by default.

  Returns:
    The searches that have ended, arm by arm.

  Raises:
    InputError: if an option cannot be used.
    RunStateError: if the directory belongs to another study.
    DartsError: if a search fails.
    KeyboardInterrupt: if interrupted; the search under way has stopped, and
      continues when the study does.
  """
  if not minutes >= 0:
    raise InputError(
      'A time limit is negative; expected minutes, or 0 for no limit.'
      f' Received: minutes={minutes!r}'
    )
  started = time.monotonic()
  directory = WorkDir(workdir)
  truth = Truth.of(study.common)
  pin_study(directory, study)
  with directory.exclusive():
    return _do_searches(
      study, directory, truth, started, minutes, run or run_in_process
    )


def _do_searches(
  study: Study,
  directory: WorkDir,
  truth: Truth,
  started: float,
  minutes: float,
  run: Runner,
) -> list[Outcome]:
  """Does what is left, writing the results after each search."""
  planned = [(arm.name, seed) for arm, seed in study.searches()]
  outcomes = write_report(directory, truth, planned)
  for number, (arm, seed) in enumerate(study.searches(), 1):
    path = search_path(directory, arm.name, seed)
    if (path / RESULT).exists():
      continue
    if minutes and time.monotonic() - started >= 60 * minutes:
      left = len(planned) - sum((o.arm, o.seed) in planned for o in outcomes)
      print(
        f'The time of --minutes={minutes:g} has passed, {left} of'
        f' {len(planned)} searches are left: run the same command again'
        ' to continue.'
      )
      break
    print(
      f'== {arm.name}, seed {seed} ({number} of {len(planned)})', flush=True
    )
    run(arm, study.configure(arm, seed), path)
    outcomes = write_report(directory, truth, planned)
    print(
      _line(read_outcome(directory, arm.name, seed, truth), truth), flush=True
    )
  return outcomes


def run_in_process(arm: Arm, config: Options, path: os.PathLike) -> None:
  """Does one search in a new process; its output goes to `log.txt`."""
  run_child(
    'darts_tf.study.worker',
    ['--job=' + job_text(arm.strategy, config.to_dict(), path)],
    path / 'log.txt',
    _show,
  )


def _show(line: str) -> None:
  if line.startswith(_COURSE):
    print(line, flush=True)


def _line(outcome: Outcome, truth: Truth) -> str:
  """One line on a search that has ended."""
  result = f'validation accuracy {outcome.accuracy:.2f} %'
  if truth.table is not None:
    result = f'published {outcome.accuracy:.2f} %, rank {outcome.rank:,}'
  return (
    f'{outcome.arm}, seed {outcome.seed}: {result},'
    f' {outcome.skip_connections} skip connections,'
    f' {outcome.minutes:.1f} minutes,'
    f' {outcome.peak_memory_mib:,.0f} MiB'
  )
