"""A search and a retraining that may kill their own process.

python killed_run.py DIRECTORY none|search|train
"""

import os
import pathlib
import signal
import sys

import tiny_runs

from darts_tf.search import run_search
from darts_tf.search.step import SearchStep
from darts_tf.system import process
from darts_tf.training import run_training
from darts_tf.training.callbacks import StopIfNotFinite


def killing(owner, name, call):
  """Kills the process when a method is called for the n-th time."""
  real, calls = getattr(owner, name), []

  def method(*args, **kwargs):
    calls.append(1)
    if len(calls) == call:
      os.kill(os.getpid(), signal.SIGKILL)
    return real(*args, **kwargs)

  setattr(owner, name, method)


def main(directory, where):
  process.configure_tensorflow()
  # Each in the middle of the second epoch of three steps.
  if where == 'search':
    killing(SearchStep, 'search', 5)
  if where == 'train':
    killing(StopIfNotFinite, 'on_train_batch_end', 5)
  data = tiny_runs.data()
  run_search(tiny_runs.SEARCH, directory / 'search', data)
  result = run_training(
    tiny_runs.TRAIN.replace(drop_path=0.3, ema=0.5),
    tiny_runs.GENOTYPE,
    directory / 'train',
    data,
  )
  print(f'{result.test_loss!r}')


if __name__ == '__main__':
  main(pathlib.Path(sys.argv[1]), sys.argv[2])
