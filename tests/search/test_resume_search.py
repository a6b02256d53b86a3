import errno
import os
from unittest import mock

import numpy as np
import tensorflow as tf
import tiny_runs

from darts_tf.config.app import Terminated
from darts_tf.config.errors import DivergedError, ResourceError, RunStateError
from darts_tf.runs.checkpoint import CheckpointStore
from darts_tf.runs.workdir import WorkDir
from darts_tf.search import run_search
from darts_tf.search.record import SearchRecord
from darts_tf.search.step import SearchStep


class SearchRunTest(tiny_runs.RunTest):
  def search(self, name, config=tiny_runs.SEARCH):
    return tiny_runs.printed(
      run_search, config, self.directory / name, self.data
    )

  def stopped(self, name, owner, method, error, call):
    with tiny_runs.failing(owner, method, error, call):
      result, out = self.search(name)
    self.assertIs(result, error)
    return out

  def test_stopped_runs_give_what_they_would_have_given(self):
    expected, out = self.search('whole')
    self.assertNotIn('Continuing', out)
    # An error inside the first epoch: there is nothing to continue from.
    self.stopped('cut', SearchStep, 'search', ValueError('no'), 2)
    self.assertFalse((self.directory / 'cut/metrics.jsonl').exists())
    # Between the checkpoint and the files that are made from it.
    self.stopped('cut', SearchRecord, 'write', KeyboardInterrupt(), 1)
    store = CheckpointStore(self.directory / 'cut/checkpoints')
    self.assertEqual(store.epochs(), [0])
    self.assertFalse((self.directory / 'cut/genotype.json').exists())
    # Inside the second epoch, and inside it again.
    out = self.stopped('cut', SearchStep, 'search', KeyboardInterrupt(), 3)
    self.assertIn('Continuing after epoch 1 of 3.\n', out)
    # The files of the first epoch have been repaired.
    self.assertLen(tiny_runs.timeless(self.directory / 'cut/metrics.jsonl'), 1)
    self.assertTrue((self.directory / 'cut/genotype.json').exists())
    self.stopped('cut', SearchStep, 'search', Terminated(), 1)
    # At the end of an epoch: before anything is written.
    self.stopped('cut', SearchRecord, 'add', KeyboardInterrupt(), 2)
    self.assertEqual(store.epochs(), [0, 1])
    result, out = self.search('cut')
    self.assertIn('Continuing after epoch 2 of 3.\n', out)
    tiny_runs.assert_same_search(
      self, self.directory / 'cut', self.directory / 'whole'
    )
    self.assertEqual(result.genotype, expected.genotype)
    tiny_runs.assert_same_arrays(self, result.history, expected.history)

    self.truncated_checkpoint(expected)
    self.another_configuration()
    self.finished_run(expected)

  def truncated_checkpoint(self, expected):
    newest = self.directory / 'cut/checkpoints/checkpoint_00002.npz'
    newest.write_bytes(newest.read_bytes()[:-1000])
    result, out = self.search('cut')
    self.assertRegex(
      out, r'Warning: Skipping the damaged checkpoint .*00002.npz: '
    )
    self.assertIn('Continuing after epoch 2 of 3.\n', out)
    tiny_runs.assert_same_search(
      self, self.directory / 'cut', self.directory / 'whole'
    )
    self.assertEqual(result.genotype, expected.genotype)

  def another_configuration(self):
    before = (self.directory / 'cut/config.json').read_bytes()
    for changes, message in (
      (
        {'seed': 1, 'batch_size': 8},
        'seed: was 0, now 1; batch_size: was 16, now 8',
      ),
      ({'epochs': 4}, 'epochs: was 3, now 4'),
    ):
      # Refused before data are looked at.
      with mock.patch('darts_tf.distribution.run_context.load_data') as load:
        with self.assertRaises(RunStateError) as caught:
          run_search(
            tiny_runs.SEARCH.replace(**changes), self.directory / 'cut'
          )
      load.assert_not_called()
      for part in message.split('; '):
        self.assertIn(part, str(caught.exception))
    self.assertEqual((self.directory / 'cut/config.json').read_bytes(), before)

  def finished_run(self, expected):
    with mock.patch.object(SearchStep, 'search') as step:
      result, out = self.search('cut')
    step.assert_not_called()
    self.assertEqual(
      [m['seconds'] for m in result.metrics],
      [m['seconds'] for m in run_metrics(self.directory / 'cut')],
    )
    self.assertEqual(result.genotype, expected.genotype)

  def test_divergence_keeps_the_last_good_checkpoint(self):
    config = tiny_runs.SEARCH.replace(
      learning_rate=1e30, clip_norm=1e30, alpha_learning_rate=1e-3
    )
    for steps, what in (
      (3, r'loss of epoch 1, step \d is'),
      # The loss is taken before the step that spoils all.
      (1, 'weights are|loss of epoch 1, step 1 is'),
    ):
      result, _ = self.search(
        f'steps_{steps}', config.replace(steps_per_epoch=steps)
      )
      self.assertIsInstance(result, DivergedError)
      self.assertRegex(
        str(result),
        f'^The ({what}) no longer a finite number; the last'
        ' good checkpoint is kept. Try a smaller learning_rate or clip_norm'
        r' in another --workdir. Received: learning_rate=1e\+30,'
        r' clip_norm=1e\+30, alpha_learning_rate=0.001$',
      )
      store = CheckpointStore(self.directory / f'steps_{steps}/checkpoints')
      self.assertIsNone(store.latest())

  def test_divergence_after_a_good_epoch(self):
    real, calls = SearchStep.search, []

    def search(step, *batches):
      result = real(step, *batches)
      calls.append(1)
      if len(calls) == 6:  # The last step of the second epoch.
        [alpha] = step.architecture.parameters.values()
        alpha.assign(np.full(alpha.shape, np.nan))
      return result

    with mock.patch.object(SearchStep, 'search', search):
      config = tiny_runs.SEARCH.replace(evaluate_every=0)
      result, _ = self.search('run', config)
    self.assertRegex(str(result), '^The weights are no longer a finite')
    store = CheckpointStore(self.directory / 'run/checkpoints')
    self.assertEqual(store.latest().epoch, 0)
    self.assertTrue(
      all(np.isfinite(a).all() for a in store.latest().arrays.values())
    )

  def test_full_disk(self):
    with mock.patch.object(
      os, 'fsync', side_effect=OSError(errno.ENOSPC, 'full')
    ):
      result, _ = self.search('run')
    self.assertIsInstance(result, ResourceError)
    self.assertStartsWith(str(result), 'The disk is full')

  def test_one_run_at_a_time(self):
    with WorkDir(self.directory / 'busy').exclusive():
      error, _ = self.search('busy')
    self.assertIsInstance(error, RunStateError)
    self.assertRegex(str(error), "Another run is at work.*workdir='.*busy'")


def run_metrics(path):
  return WorkDir(path).read_metrics()


if __name__ == '__main__':
  tf.test.main()
