import numpy as np
import tensorflow as tf
import tiny_runs
from absl.testing import parameterized

from darts_tf.runs.variables import named_variables, to_arrays
from darts_tf.search import run_search
from darts_tf.search.several_steps import SeveralSteps
from darts_tf.training import run_training

# Of 5 steps: 2, 2 and 1 in a call; and all of them.
_COUNTS = (2, 10)


class SeveralStepsTest(tiny_runs.RunTest):
  def test_steps_go_on_with_state_and_batches(self):
    state = tf.Variable(0.0)

    @tf.function
    def step(batches):
      state.assign(2 * state + batches[0])
      return {'state': state.read_value(), 'count': batches[1]}

    several = SeveralSteps(step)
    iterators = [
      iter(tf.data.Dataset.from_tensor_slices(np.arange(9, dtype=kind)))
      for kind in (np.float32, np.int64)
    ]
    found = (
      several(iterators, 4) + several(iterators, 1) + several(iterators, 4)
    )
    value, expected = 0.0, []
    for i in range(9):
      value = 2 * value + i
      expected.append({'state': value, 'count': float(i)})
    self.assertEqual(found, expected)
    self.assertEqual(several._compiled.experimental_get_tracing_count(), 1)

  @parameterized.parameters(*_COUNTS)
  def test_searches_are_the_same(self, count):
    config = tiny_runs.SEARCH.replace(
      epochs=3, steps_per_epoch=5, grace_epochs=1, batch_size=8
    )
    run_search(config, self.directory / 'one', self.data, False)
    run_search(
      config.replace(steps_per_execution=count),
      self.directory / 'several',
      self.data,
      False,
    )
    tiny_runs.assert_same_search(
      self, self.directory / 'several', self.directory / 'one'
    )

  def test_searches_on_two_replicas_are_the_same(self):
    config = tiny_runs.SEARCH.replace(
      epochs=1,
      steps_per_epoch=4,
      batch_size=8,
      strategy='mirrored',
      virtual_devices=2,
    )
    run_search(config, self.directory / 'one', self.data, False)
    run_search(
      config.replace(steps_per_execution=3),
      self.directory / 'several',
      self.data,
      False,
    )
    tiny_runs.assert_same_search(
      self, self.directory / 'several', self.directory / 'one'
    )

  @parameterized.parameters('default', 'mirrored')
  def test_trainings_are_the_same(self, strategy):
    config = tiny_runs.TRAIN.replace(
      steps_per_epoch=6,
      batch_size=8,
      drop_path=0.2,
      strategy=strategy,
      virtual_devices=2 if strategy == 'mirrored' else 0,
    )
    results = []
    for count in (1, 4):
      result = run_training(
        config.replace(steps_per_execution=count),
        tiny_runs.GENOTYPE,
        self.directory / f'{count}',
        self.data,
        False,
      )
      results.append(result)
    # Six steps are two calls of three.
    self.assertEqual(results[1].network.steps_per_execution, 3)
    tiny_runs.assert_same_arrays(
      self, *(to_arrays('w', named_variables(r.network)) for r in results)
    )
    self.assertEqual(
      *(tiny_runs.timeless(r.workdir.metrics_path) for r in results)
    )


if __name__ == '__main__':
  tf.test.main()
