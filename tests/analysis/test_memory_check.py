"""Runs that cannot fit into memory are refused before they begin."""

from unittest import mock

import tensorflow as tf
import tiny_runs
from absl.testing import parameterized

from darts_tf.analysis import memory_check
from darts_tf.analysis.graph_memory import GraphMemory, graph_memory
from darts_tf.config.errors import OutOfMemoryError
from darts_tf.distribution.run_data import distribute
from darts_tf.distribution.strategy import make_strategy
from darts_tf.runs.variables import named_variables, to_arrays
from darts_tf.search import run_search
from darts_tf.search.builder import build_search
from darts_tf.search.resolve import resolve
from darts_tf.system.memory import available_memory_mib
from darts_tf.training import run_training
from darts_tf.training.build import build_training

MIB = 2**20
TWO_DEVICES = {
  'strategy': 'mirrored',
  'virtual_devices': 2,
  'synchronized_batch_norm': False,
}


class JudgeTest(tf.test.TestCase):
  def test_a_batch_that_fits_is_named(self):
    memory = GraphMemory(100 * MIB, 800 * MIB)
    with self.assertRaisesRegex(
      OutOfMemoryError,
      'about 900 MiB .* there are 500 MiB.* a batch size of 32'
      ' would fit. Received: batch_size=64',
    ):
      memory_check.judge(memory, 500.0, 64)

  def test_a_graph_that_does_not_fit_itself(self):
    with self.assertRaisesRegex(OutOfMemoryError, 'fewer cells or channels'):
      memory_check.judge(GraphMemory(600 * MIB, 800 * MIB), 500.0, 64)

  def test_a_close_call_is_tried(self):
    memory = GraphMemory(100 * MIB, 450 * MIB)
    self.assertIn('it may not fit', memory_check.judge(memory, 500.0, 64))
    self.assertEqual(
      memory_check.judge(memory, 600.0, 64),
      'about 550 MiB of 600 MiB that are free',
    )


def search(test, config):
  return run_search(config, test.directory, test.data)


def train(test, config):
  return run_training(config, tiny_runs.GENOTYPE, test.directory, test.data)


def search_graph(test, config):
  config = resolve(config)
  return build_search(config, test.data, make_strategy(config)).step_graph()


def training_graph(test, config):
  strategy = make_strategy(config)
  network, stream, _ = build_training(
    config, tiny_runs.GENOTYPE, test.data, strategy
  )
  return network.training_graph(next(iter(distribute(stream, strategy, 0, 1))))


RUNS = (
  ('search', search, tiny_runs.SEARCH, search_graph),
  ('retraining', train, tiny_runs.TRAIN, training_graph),
)


@parameterized.named_parameters(*RUNS)
class RunsTest(tiny_runs.RunTest):
  def test_nothing_is_written_if_it_is_refused(self, run, config, graph):
    del graph
    with mock.patch.object(
      memory_check, 'available_memory_mib', return_value=1.0
    ):
      with self.assertRaisesRegex(OutOfMemoryError, 'there are 1 MiB'):
        run(self, config)
    self.assertEmpty(list(self.directory.iterdir()))

  def test_the_estimate_is_printed_once(self, run, config, graph):
    del graph
    if available_memory_mib() is None:
      self.skipTest('the system does not say how much memory is free')
    config = config.replace(epochs=1, steps_per_epoch=1)
    _, out = tiny_runs.printed(run, self, config)
    self.assertRegex(out, r'Memory +about [\d,]+ MiB of [\d,]+ MiB')
    _, again = tiny_runs.printed(run, self, config)
    self.assertNotIn('Memory', again)

  def test_replicas_are_estimated_together(self, run, config, graph):
    del run
    one = graph_memory(graph(self, config))
    two = graph_memory(graph(self, config.replace(**TWO_DEVICES)))
    # The same images, and each replica's graph.
    self.assertGreater(two.fixed, 1.5 * one.fixed)
    self.assertAllInRange(two.activations / one.activations, 0.4, 1.6)

  def test_activations_go_with_the_batch(self, run, config, graph):
    del run
    one, two = (
      graph_memory(graph(self, config.replace(batch_size=size)))
      for size in (16, 32)
    )
    self.assertAllInRange(two.activations / one.activations, 1.5, 2.05)


class TrainingGraphTest(tiny_runs.RunTest):
  def test_looking_changes_nothing(self):
    results = []
    for name, available in (('looked', 1e9), ('not', None)):
      with mock.patch.object(
        memory_check, 'available_memory_mib', return_value=available
      ):
        results.append(
          run_training(
            tiny_runs.TRAIN.replace(drop_path=0.3),
            tiny_runs.GENOTYPE,
            self.directory / name,
            self.data,
            False,
          )
        )
    tiny_runs.assert_same_arrays(
      self,
      *(to_arrays('w', named_variables(result.network)) for result in results),
    )


if __name__ == '__main__':
  tf.test.main()
