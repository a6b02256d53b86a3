import errno
import os
from unittest import mock

import keras
import numpy as np
import tensorflow as tf
import tiny_runs
from absl.testing import parameterized

from darts_tf.config.app import Terminated
from darts_tf.config.errors import (
  DivergedError,
  InputError,
  ResourceError,
  RunStateError,
)
from darts_tf.runs.checkpoint import CheckpointStore
from darts_tf.runs.variables import named_variables, to_arrays
from darts_tf.runs.workdir import WorkDir
from darts_tf.schedule.learning_rate import cosine
from darts_tf.training import load_trained, run_training
from darts_tf.training.callbacks import RunRecord, StopIfNotFinite

FULL = tiny_runs.TRAIN.replace(
  drop_path=0.4,
  ema=0.5,
  auxiliary=True,
  label_smoothing=0.1,
  cutout=2,
  validation_portion=0.0,
)


class TrainingRunTest(tiny_runs.RunTest):
  def train(self, name, config=FULL, **kwargs):
    return tiny_runs.printed(
      run_training,
      config,
      tiny_runs.GENOTYPE,
      self.directory / name,
      self.data,
      **kwargs,
    )

  def stopped(self, name, owner, method, error, call):
    with tiny_runs.failing(owner, method, error, call):
      result, out = self.train(name)
    self.assertIs(result, error)
    return out

  def same(self, result, expected):
    tiny_runs.assert_same_arrays(
      self,
      to_arrays('w', named_variables(result.network)),
      to_arrays('w', named_variables(expected.network)),
    )
    self.assertEqual(
      (result.test_accuracy, result.test_loss),
      (expected.test_accuracy, expected.test_loss),
    )
    self.assertEqual(
      tiny_runs.timeless(result.workdir.metrics_path),
      tiny_runs.timeless(expected.workdir.metrics_path),
    )

  def test_stopped_runs_give_what_they_would_have_given(self):
    expected, out = self.train('whole')
    self.assertRegex(out, '^Network     tiny: 1 cells, 4 channels')
    self.assertIn(
      'drop path 0.4, cutout 2, label smoothing 0.1, EMA 0.5,'
      ' auxiliary head 0.4',
      out,
    )
    # Inside the first epoch.
    self.stopped(
      'cut', StopIfNotFinite, 'on_train_batch_end', KeyboardInterrupt(), 2
    )
    with self.assertRaisesRegex(
      RunStateError, 'is not finished: network.keras'
    ):
      load_trained(self.directory / 'cut')
    # Between the checkpoint of the second epoch and metrics.jsonl.
    self.stopped('cut', WorkDir, 'write_metrics', ValueError('no'), 2)
    self.assertLen(tiny_runs.timeless(self.directory / 'cut/metrics.jsonl'), 1)
    # Inside the third.
    out = self.stopped(
      'cut', StopIfNotFinite, 'on_train_batch_end', Terminated(), 2
    )
    self.assertIn('Continuing after epoch 2 of 3.\n', out)
    self.assertLen(tiny_runs.timeless(self.directory / 'cut/metrics.jsonl'), 2)
    # At the end of it, before it is saved.
    self.stopped('cut', RunRecord, 'on_epoch_end', KeyboardInterrupt(), 1)
    result, _ = self.train('cut')
    self.same(result, expected)

    newest = self.directory / 'cut/checkpoints/checkpoint_00002.npz'
    newest.write_bytes(newest.read_bytes()[:100])
    result, out = self.train('cut')
    self.assertRegex(
      out, r'Warning: Skipping the damaged checkpoint .*00002.npz: '
    )
    self.same(result, expected)

    # Nothing is left to do.
    with mock.patch.object(keras.Model, 'fit') as fit:
      result, _ = self.train('cut')
    fit.assert_not_called()
    self.same(result, expected)
    self.refused()
    self.loaded(expected)
    self.averages(expected)

  def refused(self):
    for config, genotype, message in (
      (FULL.replace(epochs=4), tiny_runs.GENOTYPE, 'epochs: was 3, now 4'),
      (
        FULL.replace(drop_path=0.0),
        tiny_runs.GENOTYPE,
        'drop_path: was 0.4, now 0',
      ),
      (FULL, tiny_runs.OTHER_GENOTYPE, 'genotype.cells.normal.edges: was'),
    ):
      with mock.patch('darts_tf.distribution.run_context.load_data') as load:
        with self.assertRaisesRegex(RunStateError, message):
          run_training(config, genotype, self.directory / 'cut')
      load.assert_not_called()

  def loaded(self, expected):
    network, info = load_trained(self.directory / 'whole')
    self.assertEqual(info, self.data.info)
    images = (
      np.random.default_rng(0).normal(size=(4, 8, 8, 1)).astype(np.float32)
    )
    self.assertAllEqual(
      network(images, training=False), expected.network(images, training=False)
    )
    self.assertEqual(network.genotype, tiny_runs.GENOTYPE)

  def averages(self, expected):
    # The network ends with the averages; the checkpoint has both.
    arrays = CheckpointStore(expected.workdir.checkpoints_path).latest().arrays
    averages = expected.network.optimizer._model_variables_moving_average
    variables = named_variables(expected.network)
    names = {id(variable): name for name, variable in variables.items()}
    moved = 0
    for weight, average in zip(
      expected.network.trainable_variables, averages, strict=True
    ):
      self.assertAllEqual(weight, average)
      raw = arrays[f'network/{names[id(weight)]}']
      moved += not np.array_equal(raw, weight)
    self.assertGreater(moved, 2)

  def test_metrics(self):
    config = tiny_runs.TRAIN.replace(ema=0.5, learning_rate=0.2)
    seen = []
    real = RunRecord.on_epoch_end

    def end(record, epoch, logs=None):
      before = to_arrays('w', named_variables(record.network))
      real(record, epoch, logs)
      tiny_runs.assert_same_arrays(
        self, before, to_arrays('w', named_variables(record.network))
      )
      seen.append(logs)

    with mock.patch.object(RunRecord, 'on_epoch_end', end):
      result, out = self.train('run', config, verbose=False)
    self.assertEqual(out, '')
    lines = result.workdir.read_metrics()
    self.assertEqual(lines, result.metrics)
    for epoch, line in enumerate(lines):
      self.assertCountEqual(
        line,
        [
          'epoch',
          'train_loss',
          'train_accuracy',
          'validation_loss',
          'validation_accuracy',
          'learning_rate',
          'seconds',
        ],
      )
      self.assertEqual(line['epoch'], epoch)
      self.assertAlmostEqual(
        line['learning_rate'], cosine(epoch, 3, 0.2), places=6
      )
      self.assertEqual(seen[epoch]['val_loss'], line['validation_loss'])
      self.assertAlmostEqual(
        line['validation_accuracy'] * 30 % 1, 0, 4
      )  # Of 30 images.
    self.assertLen(lines, 3)

  def test_divergence_keeps_the_last_good_checkpoint(self):
    for steps in (3, 1):
      result, _ = self.train(
        f'steps_{steps}',
        tiny_runs.TRAIN.replace(
          learning_rate=1e30, clip_norm=1e30, steps_per_epoch=steps
        ),
      )
      self.assertIsInstance(result, DivergedError)
      self.assertRegex(
        str(result),
        '^The (weights are|loss of step [0-9] is) no longer a'
        ' finite number; the last good checkpoint is kept. Try a smaller'
        ' learning_rate or clip_norm in another --workdir. Received:'
        r' learning_rate=[0-9.e+]+, clip_norm=1e\+30$',
      )
      checkpoint = CheckpointStore(
        self.directory / f'steps_{steps}/checkpoints'
      ).latest()
      for array in (checkpoint.arrays if checkpoint else {}).values():
        self.assertTrue(np.isfinite(array).all())

  def test_full_disk(self):
    full = OSError(errno.ENOSPC, 'full')
    with mock.patch.object(os, 'fsync', side_effect=full):
      result, _ = self.train('run')
    self.assertStartsWith(str(result), 'The disk is full')
    with mock.patch.object(keras.Model, 'save', side_effect=full):
      from darts_tf.training.saved import save_network

      with self.assertRaisesRegex(ResourceError, 'The disk is full'):
        save_network(
          keras.Sequential(), self.data.info, WorkDir(self.directory)
        )

  @parameterized.parameters(
    ({'stem': 'con'}, "Did you mean 'conv'"),
    (
      {'learning_rate_schedule': 'constant', 'learning_rate_min': 0.1},
      'Received: learning_rate_min=0.1|has no minimum',
    ),
    ({'warmup_epochs': 2}, 'warmup_epochs'),
    ({'learning_rate': float('inf')}, 'Received: maximum=inf'),
    ({'clip_norm': -1.0}, 'Received: clip_norm=-1.0'),
    ({'batch_size': 71}, 'expected 1 to 70. Received: batch_size=71'),
    (
      {'cells': 3, 'auxiliary': True, 'stem': 'strided'},
      'map of at least 2x2 pixels .* Received: map=1x1',
    ),
    ({'stem': 'imagenet'}, 'The images are too small'),
    ({'stem': 'imagenet', 'channels': 3}, 'Received: channels=3'),
  )
  def test_parts_that_do_not_fit_together(self, changes, message):
    result, out = self.train('run', tiny_runs.TRAIN.replace(**changes))
    self.assertIsInstance(result, InputError)
    self.assertRegex(str(result), message)
    self.assertFalse((self.directory / 'run').exists())
    self.assertEqual(out, '')


if __name__ == '__main__':
  tf.test.main()
