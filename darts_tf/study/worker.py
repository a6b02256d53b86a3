"""One search of a study, in a process of its own.

  python -m darts_tf.study.worker --job=JSON

`JSON` is what `job_text` returns. The directory of the search receives
`study_result.json` when it has ended. The process stops when its standard
input is closed, that is, when the study is gone.
"""

import contextlib
import json
import os
import pathlib
import signal
import threading
from typing import TYPE_CHECKING, Any

from absl import flags

from darts_tf.config import app
from darts_tf.runs.atomic import atomic_write_json
from darts_tf.system import process
from darts_tf.system.memory import peak_memory_mib

if TYPE_CHECKING:
  from darts_tf.strategies import Found

RESULT = 'study_result.json'
_PEAK = 'peak_memory.json'


def job_text(
  strategy: str, config: dict[str, Any], workdir: str | os.PathLike
) -> str:
  """Describes a search.

  Args:
    strategy: name of the search strategy.
    config: all options of the search.
    workdir: the search's directory.

  Returns:
    The JSON that `--job` takes.
  """
  return json.dumps(
    {'strategy': strategy, 'config': config, 'workdir': os.fspath(workdir)}
  )


def run_job(text: str) -> None:
  """Does, or continues, the search that `job_text` described."""
  # Not before TensorFlow has been told how to start.
  from darts_tf.strategies import search_strategies

  job = json.loads(text)
  directory = pathlib.Path(job['workdir'])
  searcher = search_strategies[job['strategy']]
  try:
    found = searcher.search(searcher.config(**job['config']), directory)
  finally:
    # A search may take several processes; the one that ends it may have
    # had nothing left to train.
    peak = _record_peak(directory)
  atomic_write_json(
    directory / RESULT, {**_result(found), 'peak_memory_mib': peak}
  )


def _result(found: 'Found') -> dict[str, Any]:
  """Returns what a study keeps of a search."""
  return {
    'genotype': found.genotype.to_dict(),
    'seconds': [line['seconds'] for line in found.metrics],
    'validation_accuracy': found.validation_accuracy,
    # Strategies that compare finished architectures have no epochs.
    'course': [
      {
        'epoch': line['epoch'] + 1,
        'genotype': line['genotype'],
        'validation_accuracy': line.get('validation_accuracy'),
      }
      for line in found.metrics
      if 'epoch' in line
    ],
  }


def _record_peak(directory: pathlib.Path) -> float:
  peak, path = peak_memory_mib(), directory / _PEAK
  with contextlib.suppress(OSError, ValueError):
    peak = max(peak, float(json.loads(path.read_text())))
  if directory.is_dir():
    atomic_write_json(path, peak)
  return peak


def stop_with_parent() -> None:
  """Ends this process, as SIGTERM would, once standard input is closed."""

  def wait() -> None:
    # Not sys.stdin: its lock would be held when the interpreter ends.
    while os.read(0, 1024):
      pass
    os.kill(os.getpid(), signal.SIGTERM)

  threading.Thread(target=wait, daemon=True).start()


def main(unused_argv: list[str]) -> None:
  """Runs the job of the flag."""
  process.configure_tensorflow()
  stop_with_parent()
  run_job(flags.FLAGS['job'].value)


if __name__ == '__main__':
  process.tune()
  flags.DEFINE_string('job', None, 'What to do, as JSON.', required=True)
  app.run(main)
