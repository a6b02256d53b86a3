from unittest import mock

import numpy as np
import tensorflow as tf
import tiny_runs

from darts_tf.config.errors import InputError, OutOfMemoryError
from darts_tf.search import loop, run_search
from darts_tf.search.builder import build_search
from darts_tf.search.resolve import resolve
from darts_tf.search.step import SearchStep
from darts_tf.system.memory_meter import MemoryMeter


class GrowingBatchesTest(tiny_runs.RunTest):
  config = tiny_runs.SEARCH.replace(
    batch_size=8, max_batch_size=24, steps_per_epoch=None, epochs=2
  )

  def run_it(self, name, **changes):
    return run_search(
      self.config.replace(**changes), self.directory / name, self.data, False
    )

  def test_grow(self):
    steps, search = [], SearchStep.search

    def watched(step, first, second):
      steps.append((len(first[1]), len(second[1])))
      result = search(step, first, second)
      self.assertEqual(step._search.experimental_get_tracing_count(), 1)
      return result

    with (
      mock.patch.object(SearchStep, 'search', watched),
      mock.patch.object(MemoryMeter, 'used_mib', return_value=60.0),
    ):
      result = self.run_it('run')
    # 50 images in blocks of 8: five small batches, then what is left.
    self.assertEqual(steps, [(8, 8)] * 5 + [(8, 8)] + [(16, 16)] * 3)
    self.assertEqual(
      [m['batch_sizes'] for m in result.metrics], [[[0, 8], [5, 16]], [[0, 16]]]
    )
    self.assertEqual([m['batch_size'] for m in result.metrics], [16, 16])
    self.assertEqual([m['memory_mib'] for m in result.metrics], [60, 60])

  def test_a_gradient_of_one_data_set(self):
    result = self.run_it(
      'run', gradient='one_level', epochs=1, steps_per_epoch=7
    )
    self.assertEqual(result.metrics[0]['batch_sizes'][0], [0, 8])

  def test_memory_limits_growth(self):
    # 100 + 2 b <= 0.95 * 150 at b = 21.
    sizes, search = [], SearchStep.search

    def watched(step, first, second):
      sizes.append(len(first[1]))
      return search(step, first, second)

    with (
      mock.patch.object(SearchStep, 'search', watched),
      (
        mock.patch.object(
          MemoryMeter, 'used_mib', lambda _: 100.0 + 2 * sizes[-1]
        )
      ),
      mock.patch.object(MemoryMeter, 'held_mib', return_value=100.0),
      mock.patch.object(loop, 'check_memory', return_value=''),
    ):
      result, out = tiny_runs.printed(
        run_search,
        self.config.replace(memory_budget=150.0, max_batch_size=48),
        self.directory / 'run',
        self.data,
      )
    self.assertEqual(sizes, [8] * 6 + [16] * 3)
    self.assertEqual(
      [m['memory_budget_mib'] for m in result.metrics], [150, 150]
    )
    self.assertIn(
      'Batches     grow by multiples of 8 to 48, while a step takes less'
      ' than 95% of 150 MiB\n',
      out,
    )

  def test_steps_of_an_epoch(self):
    """They go on where the epoch before has ended, beyond all images, too."""
    seen, search = [], SearchStep.search

    def watched(step, first, second):
      seen.append(first[1].numpy().tolist())
      return search(step, first, second)

    config = {'steps_per_epoch': 4, 'max_batch_size': 8}
    with mock.patch.object(SearchStep, 'search', watched):
      self.run_it('whole', **config, epochs=3)
    self.assertLen(seen, 12)
    parts = build_search(resolve(self.config.replace(**config)), self.data)
    self.assertEqual(
      seen,
      [
        labels.numpy().tolist()
        for _, labels in parts.weight_stream.batches(0, 12)
      ],
    )
    whole, seen = seen, []
    with mock.patch.object(SearchStep, 'search', watched):
      with tiny_runs.failing(SearchStep, 'search', KeyboardInterrupt(), 7):
        with self.assertRaises(KeyboardInterrupt):
          self.run_it('cut', **config, epochs=3)
      seen.clear()
      self.run_it('cut', **config, epochs=3)
    self.assertEqual(seen, whole[4:])

  def test_equal_batches_are_the_search_without(self):
    """Growing batches that cannot grow are batches of one size."""
    self.run_it('growing', max_batch_size=8)
    self.run_it('equal', max_batch_size=None)
    growing, equal = ((self.directory / name) for name in ('growing', 'equal'))
    with (
      np.load(growing / 'alphas.npz') as a,
      np.load(equal / 'alphas.npz') as b,
    ):
      self.assertAllClose(
        a['normal/alpha'], b['normal/alpha'], rtol=1e-4, atol=1e-6
      )

  def test_stopped_and_continued(self):
    whole = self.run_it('whole', epochs=3)
    with tiny_runs.failing(SearchStep, 'search', KeyboardInterrupt(), 9):
      with self.assertRaises(KeyboardInterrupt):
        self.run_it('cut', epochs=3)
    again = self.run_it('cut', epochs=3)
    self.assertEqual(
      [m['batch_sizes'] for m in again.metrics],
      [m['batch_sizes'] for m in whole.metrics],
    )
    with (
      np.load(self.directory / 'whole/alphas.npz') as a,
      np.load(self.directory / 'cut/alphas.npz') as b,
    ):
      self.assertAllEqual(a['normal/alpha'], b['normal/alpha'])

  def test_memory_runs_out(self):
    seen, search = [], SearchStep.search

    def full(step, first, second):
      images = first[0].numpy()
      if len(images) > 8:
        raise tf.errors.ResourceExhaustedError(None, None, 'out of memory')
      seen.append(images)
      return search(step, first, second)

    with mock.patch.object(SearchStep, 'search', full):
      result = self.run_it('run')
    self.assertEqual(
      [m['batch_sizes'] for m in result.metrics],
      [[[0, 8], [5, 16]], [[0, 16], [0, 8]]],
    )
    # No image was left out for it.
    first, seen = seen, []
    with mock.patch.object(
      SearchStep,
      'search',
      lambda step, first, second: (
        seen.append(first[0].numpy()) or search(step, first, second)
      ),
    ):
      self.run_it('free', max_batch_size=8)
    self.assertAllEqual(first, seen)

  def test_not_even_the_smallest(self):
    with mock.patch.object(
      SearchStep,
      'search',
      side_effect=tf.errors.ResourceExhaustedError(None, None, 'out of memory'),
    ):
      with self.assertRaisesRegex(
        OutOfMemoryError, 'Not even the smallest batch'
      ):
        self.run_it('run')

  def test_bad_input(self):
    for changes, message in (
      ({'max_batch_size': 12}, 'multiples of 8. Received: batch_size=8'),
      ({'max_batch_size': 8, 'batch_size': 16}, 'that is not smaller'),
      ({'batch_multiple': 3}, 'multiples of 3'),
      ({'max_batch_size': None, 'batch_multiple': 4}, 'do not grow'),
      ({'strategy': 'mirrored'}, "strategy='mirrored'"),
      ({'steps_per_execution': 2}, 'Received: steps_per_execution=2'),
      ({'xla': True, 'deterministic': False}, 'Received: xla=True'),
      (
        {'batch_size': 64, 'max_batch_size': 64},
        'expected 8 to 48. Received: batch_size=64',
      ),
    ):
      with self.assertRaisesRegex(InputError, message):
        self.run_it('bad', **changes)
    with self.assertRaisesRegex(OutOfMemoryError, 'there are 1 MiB'):
      self.run_it('bad', memory_budget=1.0)
    self.assertFalse((self.directory / 'bad').exists())


if __name__ == '__main__':
  tf.test.main()
