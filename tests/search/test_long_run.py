"""Twenty epochs: no graph is built again, and no memory is lost."""

import gc
import pathlib
from unittest import mock

import pytest
import tensorflow as tf
import tiny_runs

from darts_tf.search import run_search
from darts_tf.search.epoch import EpochRunner
from darts_tf.system.memory import resident_memory_mib


@pytest.mark.slow
class LongRunTest(tiny_runs.RunTest):
  def test_twenty_epochs(self):
    if not pathlib.Path('/proc/self/status').exists():
      self.skipTest('needs /proc')
    run_epoch = EpochRunner.__call__
    traces, resident = [], []

    def watched(runner, parts, epoch):
      result = run_epoch(runner, parts, epoch)
      gc.collect()
      traces.append(parts.step._search.experimental_get_tracing_count())
      resident.append(resident_memory_mib())
      return result

    config = tiny_runs.SEARCH.replace(
      epochs=20, steps_per_epoch=30, search_space='nas_bench_201', cells=3
    )
    with mock.patch.object(EpochRunner, '__call__', watched):
      run_search(config, self.directory, self.data, verbose=False)
    self.assertEqual(traces, [1] * 20)
    # A leak of one batch of activations a step would be some hundred MiB.
    self.assertLess(resident[-1] - resident[4], 20, resident)


if __name__ == '__main__':
  tf.test.main()
