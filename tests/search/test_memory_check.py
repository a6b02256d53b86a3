"""Searches that cannot fit into memory are refused before they begin."""

from unittest import mock

import tensorflow as tf
import tiny_runs

from darts_tf.analysis.graph_memory import GraphMemory
from darts_tf.distribution import make_strategy
from darts_tf.errors import InputError
from darts_tf.memory import available_memory_mib
from darts_tf.search import memory_check, run_search
from darts_tf.search.builder import build_search, resolve

MIB = 2**20


class JudgeTest(tf.test.TestCase):

  def test_a_batch_that_fits_is_named(self):
    memory = GraphMemory(100 * MIB, 800 * MIB)
    with self.assertRaisesRegex(
        InputError, 'about 900 MiB .* there are 500 MiB.* a batch size of 32'
        ' would fit. Received: batch_size=64'):
      memory_check.judge(memory, 500., 64)

  def test_a_graph_that_does_not_fit_itself(self):
    with self.assertRaisesRegex(InputError, 'fewer cells or channels'):
      memory_check.judge(GraphMemory(600 * MIB, 800 * MIB), 500., 64)

  def test_a_close_call_is_tried(self):
    memory = GraphMemory(100 * MIB, 450 * MIB)
    self.assertIn('it may not fit', memory_check.judge(memory, 500., 64))
    self.assertEqual(
        memory_check.judge(memory, 600., 64),
        'about 550 MiB of 600 MiB that are free')


class SearchTest(tiny_runs.RunTest):

  def test_nothing_is_written_by_a_search_that_is_refused(self):
    with mock.patch.object(
        memory_check, 'available_memory_mib', return_value=1.):
      with self.assertRaisesRegex(InputError, 'there are 1 MiB'):
        run_search(tiny_runs.SEARCH, self.directory, self.data)
    self.assertEmpty(list(self.directory.iterdir()))

  def test_replicas_are_estimated_together(self):
    if available_memory_mib() is None:
      self.skipTest('the system does not say how much memory is free')
    config = resolve(tiny_runs.SEARCH.replace(
        strategy='mirrored', virtual_devices=2,
        synchronized_batch_norm=False))
    parts = build_search(config, self.data, make_strategy(config))
    self.assertRegex(memory_check.check_memory(parts), r'about [\d,]+ MiB')

  def test_the_estimate_is_printed(self):
    if available_memory_mib() is None:
      self.skipTest('the system does not say how much memory is free')
    config = tiny_runs.SEARCH.replace(epochs=1, steps_per_epoch=1)
    _, out = tiny_runs.printed(
        run_search, config, self.directory, self.data)
    self.assertRegex(out, r'Memory +about [\d,]+ MiB of [\d,]+ MiB')
    _, again = tiny_runs.printed(
        run_search, config, self.directory, self.data)
    self.assertNotIn('Memory', again)


if __name__ == '__main__':
  tf.test.main()
