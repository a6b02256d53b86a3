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
from typing import Any

from absl import flags

from darts_tf.config import app
from darts_tf.runs.atomic import atomic_write_json
from darts_tf.system import process
from darts_tf.system.memory import peak_memory_mib

RESULT = 'study_result.json'
_PEAK = 'peak_memory.json'


def job_text(
  random: bool, config: dict[str, Any], workdir: str | os.PathLike
) -> str:
  """Describes a search.

  Args:
    random: whether it is a random search.
    config: all options of a `SearchConfig` or `RandomSearchConfig`.
    workdir: the search's directory.

  Returns:
    The JSON that `--job` takes.
  """
  return json.dumps(
    {'random': random, 'config': config, 'workdir': os.fspath(workdir)}
  )


def run_job(text: str) -> None:
  """Does, or continues, the search that `job_text` described."""
  job = json.loads(text)
  directory = pathlib.Path(job['workdir'])
  run = _random_search if job['random'] else _search
  try:
    result = run(job['config'], directory)
  finally:
    # A search may take several processes; the one that ends it may have
    # had nothing left to train.
    peak = _record_peak(directory)
  atomic_write_json(directory / RESULT, {**result, 'peak_memory_mib': peak})


def _search(config: dict[str, Any], directory: pathlib.Path):
  from darts_tf.search import SearchConfig, run_search

  result = run_search(SearchConfig(**config), directory)
  return {
    'genotype': result.genotype.to_dict(),
    'seconds': [line['seconds'] for line in result.metrics],
    'validation_accuracy': result.metrics[-1]['validation_accuracy'],
    'course': [
      {
        'epoch': line['epoch'] + 1,
        'genotype': line['genotype'],
        'validation_accuracy': line.get('validation_accuracy'),
      }
      for line in result.metrics
    ],
  }


def _random_search(config: dict[str, Any], directory: pathlib.Path):
  from darts_tf.random_search import RandomSearchConfig, random_search

  result = random_search(RandomSearchConfig(**config), directory)
  return {
    'genotype': result.genotype.to_dict(),
    'seconds': [sample['seconds'] for sample in result.samples],
    'validation_accuracy': max(
      sample['validation_accuracy'] for sample in result.samples
    ),
    'course': [],  # It has no epochs.
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
