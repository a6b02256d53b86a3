"""Trials that fail, and errors that end the tuning."""

from unittest import mock

import keras_tuner
import tensorflow as tf
import tiny_runs
from absl.testing import parameterized

from darts_tf.config.errors import (
  InputError,
  OutOfMemoryError,
  ResourceError,
  RunStateError,
)
from darts_tf.tuner import DartsTuner, trial

TRAIN = tiny_runs.TRAIN.replace(epochs=1)


def failing_once(error):
  """Lets the first retraining raise an error."""
  real, errors = trial.run_training, [error]

  def run_training(*args, **kwargs):
    if errors:
      raise errors.pop()
    return real(*args, **kwargs)

  return mock.patch.object(trial, 'run_training', run_training)


class FaultsTest(tiny_runs.RunTest, parameterized.TestCase):
  def tuner(self, **kwargs):
    return DartsTuner(
      **{
        'search_space': 'tiny',
        'max_trials': 2,
        'search_config': tiny_runs.SEARCH.replace(epochs=1),
        'train_config': TRAIN,
        'directory': self.directory,
        **kwargs,
      }
    )

  def search(self, tuner):
    tuner.search(self.data.x_train, self.data.y_train, verbose=0)
    return tuner

  def trials(self, tuner):
    return [t for _, t in sorted(tuner.oracle.trials.items())]

  def statuses(self, tuner):
    return [t.status for t in self.trials(tuner)]

  def test_a_trial_that_fails_is_one_of_many(self):
    hp = keras_tuner.HyperParameters()
    hp.Choice('learning_rate', [0.05, 1e38])
    tuner = self.search(
      self.tuner(
        searches=0,
        max_trials=6,
        hyperparameters=hp,
        max_consecutive_failed_trials=6,
      )
    )
    statuses = {
      t.hyperparameters.values['learning_rate']: t.status
      for t in self.trials(tuner)
    }
    self.assertEqual(statuses, {0.05: 'COMPLETED', 1e38: 'FAILED'})

  def test_a_search_that_diverges_is_a_trial_that_fails(self):
    tuner = self.search(self.tuner(searches=[{'learning_rate': 1e38}, {}]))
    self.assertEqual(self.statuses(tuner), ['FAILED', 'COMPLETED'])
    self.assertIn('no longer a finite number', tuner.oracle.trials['0'].message)

  @parameterized.parameters(
    (OutOfMemoryError('Too small.'),),
    (MemoryError(),),
    (tf.errors.ResourceExhaustedError(None, None, 'Too small.'),),
    (keras_tuner.errors.FailedTrialError('As its hypermodel says.'),),
  )
  def test_faults_of_a_trial(self, error):
    tuner = self.tuner(searches=0)
    with failing_once(error):
      self.search(tuner)
    self.assertEqual(self.statuses(tuner), ['FAILED', 'COMPLETED'])

  @parameterized.parameters(
    (InputError('A typo.'),),
    (ResourceError('The disk is full.'),),
    (RunStateError('Damaged.'),),
    (FileNotFoundError('images.npz'),),
    (TypeError('A mistake in a program.'),),
  )
  def test_other_errors_end_the_tuning(self, error):
    tuner = self.tuner(searches=0)
    with failing_once(error):
      with self.assertRaises(type(error)) as caught:
        self.search(tuner)
    self.assertIs(caught.exception, error)
    self.assertEqual(self.statuses(tuner), ['RUNNING'])
    # Once it is put right, the same command goes on with the same trial.
    again = self.search(self.tuner(searches=0))
    self.assertEqual(self.statuses(again), ['COMPLETED'] * 2)

  def test_options_are_given_by_name(self):
    with self.assertRaises(TypeError):
      DartsTuner('tiny', 'darts', 'val_accuracy')

  def test_trials_that_all_fail(self):
    with self.assertRaisesRegex(
      InputError, 'failed one after the other.* learning_rate=1e.38'
    ):
      self.search(
        self.tuner(
          searches=0,
          max_trials=4,
          train_config=TRAIN.replace(learning_rate=1e38),
        )
      )


if __name__ == '__main__':
  tf.test.main()
