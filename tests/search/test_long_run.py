"""Twenty epochs: no graph is built again, and no memory is lost."""

import gc
import pathlib
from unittest import mock

import pytest
import tensorflow as tf
import tiny_runs

from darts_tf.search import loop, run_search


def resident_mib() -> float:
  """What this process holds now."""
  for line in pathlib.Path('/proc/self/status').read_text().splitlines():
    if line.startswith('VmRSS:'):
      return int(line.split()[1]) / 1024
  raise AssertionError('VmRSS is missing')


@pytest.mark.slow
class LongRunTest(tiny_runs.RunTest):

  def test_twenty_epochs(self):
    if not pathlib.Path('/proc/self/status').exists():
      self.skipTest('needs /proc')
    run_epoch = loop._run_epoch
    traces, resident = [], []

    def watched(parts, *args):
      result = run_epoch(parts, *args)
      gc.collect()
      traces.append(parts.step._search.experimental_get_tracing_count())
      resident.append(resident_mib())
      return result

    config = tiny_runs.SEARCH.replace(
        epochs=20, steps_per_epoch=30, search_space='nas_bench_201',
        cells=3)
    with mock.patch.object(loop, '_run_epoch', watched):
      run_search(config, self.directory, self.data, verbose=False)
    self.assertEqual(traces, [1] * 20)
    # A leak of one batch of activations a step would be some hundred MiB.
    self.assertLess(resident[-1] - resident[4], 20, resident)


if __name__ == '__main__':
  tf.test.main()
