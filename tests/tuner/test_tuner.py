import json
from unittest import mock

import keras
import keras_tuner
import numpy as np
import tensorflow as tf
import tiny_runs

from darts_tf.config.errors import InputError, RunStateError
from darts_tf.data import normalize
from darts_tf.discretize.choices import canonical
from darts_tf.genotype import Genotype
from darts_tf.search_space import search_spaces
from darts_tf.training import load_trained, run_training
from darts_tf.training.callbacks import StopIfNotFinite
from darts_tf.tuner import DartsTuner, NetworkHyperModel, stop_unlikely
from darts_tf.tuner.hyperparameters import genotype_of

SEARCH = tiny_runs.SEARCH.replace(epochs=1)
TRAIN = tiny_runs.TRAIN.replace(epochs=2)


class Interrupted(BaseException):
  """Stands for a process that is killed: nobody catches it."""


class TunerTest(tiny_runs.RunTest):
  def tuner(self, project='project', **kwargs):
    return DartsTuner(
      **{
        'search_space': 'tiny',
        'max_trials': 4,
        'derived': 2,
        'sampled': 1,
        'search_config': SEARCH,
        'train_config': TRAIN,
        'directory': self.directory,
        'project_name': project,
        **kwargs,
      }
    )

  def search(self, tuner, **kwargs):
    tuner.search(
      self.data.x_train, self.data.y_train, **{'verbose': 0, **kwargs}
    )
    return tuner

  def trials(self, tuner):
    return [
      (i, t.status, t.hyperparameters.values, t.score and float(t.score))
      for i, t in sorted(tuner.oracle.trials.items())
    ]

  def test_end_to_end(self):
    tuner = self.tuner(max_trials=4, searches=2)
    data = self.data
    self.search(tuner, validation_data=(data.x_test, data.y_test))
    trials = self.trials(tuner)
    self.assertLen(trials, 4)
    self.assertEqual({status for _, status, *_ in trials}, {'COMPLETED'})
    best = tuner.oracle.get_best_trials(1)[0]
    self.assertEqual(best.score, max(score for *_, score in trials))
    # The model takes images as they are and gives the score of its trial.
    model = tuner.get_best_models()[0]
    _, accuracy = model.evaluate(data.x_test, data.y_test, verbose=0)
    self.assertAllClose(accuracy, best.score, atol=1e-6)
    genotype = tuner.get_best_genotypes()[0]
    network, info = load_trained(
      f'{tuner.get_trial_dir(best.trial_id)}/training'
    )
    self.assertEqual(network.genotype, genotype)
    self.assertAllClose(
      model(data.x_test[:8]),
      network(
        normalize(tf.constant(data.x_test[:8]), info.mean, info.std),
        training=False,
      ),
      rtol=1e-4,
      atol=1e-4,
    )
    path = self.directory / 'exported'
    tuner.export_best(path)
    served = tf.saved_model.load(str(path))(tf.constant(data.x_test))
    self.assertAllClose(
      np.mean(np.argmax(served, -1) == data.y_test), best.score, atol=1e-6
    )
    _, out = tiny_runs.printed(tuner.results_summary, 1)
    self.assertIn('normal/node_1/from_0:', out)
    self.assertIn('proposed:', out)
    _, out = tiny_runs.printed(tuner.search_space_summary)
    self.assertIn('normal/node_2/from_1 (Choice)', out)

  def test_a_killed_run_goes_on_within_its_trial(self):
    whole = self.search(self.tuner('whole'))
    with tiny_runs.failing(
      StopIfNotFinite,
      'on_train_batch_end',
      Interrupted(),
      # In the second epoch of the third trial.
      2 * 2 * 3 + 3 + 2,
    ):
      with self.assertRaises(Interrupted):
        self.search(self.tuner('cut'))
    tuner = self.tuner('cut')
    self.assertLen(tuner.oracle.trials, 3)
    with tiny_runs.failing(
      StopIfNotFinite, 'on_train_batch_end', Interrupted(), 10**6
    ):
      _, out = tiny_runs.printed(self.search, tuner, verbose=1)
    self.assertIn('Continuing after epoch 1 of 2', out)
    self.assertEqual(self.trials(tuner), self.trials(whole))
    self.assertEqual(tuner.get_best_genotypes(), whole.get_best_genotypes())
    # A third time there is nothing to do.
    again = self.search(self.tuner('cut'))
    self.assertEqual(self.trials(again), self.trials(whole))

  def test_finished_searches(self):
    first = self.search(self.tuner('first', max_trials=1))
    path = f'{first.get_trial_dir("0")}/search'
    tuner = self.search(self.tuner('second', finished=[path], max_trials=3))
    origins = [values['proposed'] for *_, values, _ in self.trials(tuner)]
    self.assertEqual(origins[0], f'derived from {path}')
    self.assertEqual(tuner.get_best_genotypes(3)[0].search_space, 'tiny')

  def test_a_random_baseline(self):
    tuner = self.search(self.tuner(searches=0, max_trials=2))
    self.assertEqual(
      {values['proposed'] for *_, values, _ in self.trials(tuner)}, {'random'}
    )

  def test_searches_with_options(self):
    tuner = self.search(
      self.tuner(
        searches=[{'epochs': 1}, {'epochs': 2, 'gradient': 'amended'}],
        max_trials=2,
      )
    )
    for trial, epochs in zip(range(2), (1, 2)):
      config = json.loads(
        (
          self.directory / f'project/trial_{trial}/search/config.json'
        ).read_text()
      )
      self.assertEqual(config['epochs'], epochs)
    self.assertEqual(config['gradient'], 'amended')
    self.assertIsInstance(tuner.get_best_genotypes()[0], Genotype)

  def test_prune_and_replace(self):
    tuner = self.search(
      self.tuner(
        search_space='tiny_growing',
        method='prune_replace',
        max_trials=3,
        search_config=tiny_runs.PRUNE_REPLACE.replace(
          cycle_epochs='1,1,1',
          cycle_grace_epochs='0,0,0',
          alpha_learning_rate=1.0,
        ),
      )
    )
    origins = [values['proposed'] for *_, values, _ in self.trials(tuner)]
    self.assertEqual(origins[0], 'searched')
    self.assertStartsWith(origins[1], 'derived from ')
    first = tuner.get_best_genotypes(3)
    self.assertLen(first, 3)
    stages = json.loads(
      (self.directory / 'project/trial_0/search/stages.json').read_text()
    )
    found = Genotype.load(
      self.directory / 'project/trial_0/search/genotype.json'
    )
    self.assertIn(canonical(found), first)
    # What is derived from the search has its last candidates.
    left = {
      name for edge in stages[-1]['candidates']['normal'] for name in edge
    }
    self.assertNotEmpty(left - set(tiny_runs.GROWING_NAMES))
    derived = [
      genotype_of(
        tuner.oracle.trials[trial].hyperparameters.values,
        search_spaces['tiny_growing'].whole(),
      )
      for trial, origin in zip(sorted(tuner.oracle.trials), origins)
      if origin.startswith('derived')
    ]
    for genotype in derived:
      self.assertContainsSubset(
        {edge.operation for edge in genotype.cells['normal'].edges}, left
      )

  def test_hypermodel_and_hyperparameters(self):

    class WithTopThree(NetworkHyperModel):
      def declare_hyperparameters(self, hp):
        hp.Choice('weight_decay', [0.0, 0.01])

      def build(self, hp):
        network = super().build(hp)
        network.compile(
          network.optimizer,
          network.loss,
          metrics=[
            'accuracy',
            keras.metrics.SparseTopKCategoricalAccuracy(3, name='top_3'),
          ],
        )
        return network

    hp = keras_tuner.HyperParameters()
    hp.Float('learning_rate', 0.05, 0.2)
    tuner = self.search(
      self.tuner(
        searches=0,
        max_trials=3,
        hyperparameters=hp,
        objective=keras_tuner.Objective('val_top_3', 'max'),
        hypermodel=WithTopThree(),
      )
    )
    for number, _, values, score in self.trials(tuner):
      config = json.loads(
        (
          self.directory / f'project/trial_{number}/training/config.json'
        ).read_text()
      )
      for name in ('learning_rate', 'weight_decay'):
        self.assertEqual(config[name], values[name])
      metrics = tuner.oracle.trials[number].metrics
      self.assertEqual(metrics.get_best_value('val_top_3'), score)
      self.assertGreaterEqual(score, metrics.get_best_value('val_accuracy'))
    self.assertLen({v['learning_rate'] for *_, v, _ in self.trials(tuner)}, 3)

  def test_callbacks_and_tensorboard(self):
    logs = self.directory / 'logs'
    tuner = self.tuner(searches=0, max_trials=1)
    self.search(
      tuner,
      callbacks=[
        keras.callbacks.TensorBoard(str(logs)),
        keras.callbacks.CSVLogger(str(self.directory / 'log.csv')),
      ],
    )
    self.assertNotEmpty(list(logs.glob('0/execution0/**/events*')))
    lines = (self.directory / 'log.csv').read_text().splitlines()
    self.assertLen(lines, 1 + TRAIN.epochs)
    self.assertIn('val_accuracy', lines[0])

  def test_limits(self):
    free = self.tuner('free', searches=0, max_trials=8)
    self.search(free)
    sizes = [
      t.metrics.get_best_value('parameters')
      for t in free.oracle.trials.values()
    ]
    largest = sorted(sizes)[len(sizes) // 2] - 1
    tuner = self.search(
      self.tuner('limited', searches=0, max_trials=4, max_parameters=largest)
    )
    for trial in tuner.oracle.trials.values():
      self.assertLessEqual(trial.metrics.get_best_value('parameters'), largest)
    with self.assertRaisesRegex(InputError, 'meets the limit'):
      self.search(self.tuner('none', searches=0, max_parameters=3))
    self.assertEmpty(list(self.directory.glob('none/trial_*')))

  def test_hyperband(self):
    config = TRAIN.replace(epochs=4)
    tuner = self.search(
      self.tuner(
        searches=1, max_trials=12, hyperband_factor=2, train_config=config
      )
    )
    trials = tuner.oracle.trials
    later = [
      t for t in trials.values() if 'tuner/trial_id' in t.hyperparameters.values
    ]
    self.assertNotEmpty(later)
    for trial in later:
      values = trial.hyperparameters.values
      earlier = trials[values['tuner/trial_id']]
      lines, before = (
        tiny_runs.timeless(
          self.directory / f'project/trial_{i}/training/metrics.jsonl'
        )
        for i in (trial.trial_id, earlier.trial_id)
      )
      # It went on where the other one stopped.
      self.assertLen(lines, values['tuner/epochs'])
      self.assertEqual(lines[: len(before)], before)
    # Which is what a training without a stop does.
    whole = [t for t in later if t.hyperparameters.values['tuner/epochs'] == 4][
      0
    ]
    genotype = tuner.oracle.genotype_of(whole)
    result = run_training(
      config.replace(validation_portion=0.0),
      genotype,
      self.directory / 'whole',
      tuner._data,
      False,
      validation=True,
    )
    self.assertEqual(
      tiny_runs.timeless(result.workdir.metrics_path),
      tiny_runs.timeless(
        self.directory
        / f'project/trial_{whole.trial_id}/training/metrics.jsonl'
      ),
    )

  def test_unlikely_trainings_stop(self):
    config = TRAIN.replace(epochs=5)
    options = {'searches': 0, 'train_config': config}
    self.search(self.tuner('before', max_trials=5, **options))

    class Sure:
      """Believes in no training after its second epoch."""

      def __init__(self, curves, seed):
        test.assertGreaterEqual(len(curves), 5)

      def probability(self, curve, best):
        return 0.9 if len(curve.values) < 2 else 0.1

    test = self
    with mock.patch.object(stop_unlikely, 'CurveRanking', Sure):
      tuner = self.search(
        self.tuner(
          'stopped',
          max_trials=3,
          stop_below=0.45,
          seed=7,
          curves=[self.directory / 'before'],
          **options,
        )
      )
      lengths = [
        len(
          tiny_runs.timeless(
            self.directory / f'stopped/trial_{i}/training/metrics.jsonl'
          )
        )
        for i in range(3)
      ]
      # There is nothing to beat at first.
      self.assertEqual(lengths, [5, 2, 2])
      self.assertEqual(
        {status for _, status, *_ in self.trials(tuner)}, {'COMPLETED'}
      )
      # The decision holds when the trial is looked at again.
      last = tuner.oracle.trials['2']
      self.assertEqual(
        tuner.run_trial(last)['val_accuracy'],
        last.metrics.get_best_value('val_accuracy'),
      )

  def test_bad_input(self):
    with self.assertRaisesRegex(
      InputError, 'does not report the objective.*objective=.val_top_9'
    ):
      self.search(
        self.tuner(
          'objective',
          searches=0,
          objective=(keras_tuner.Objective('val_top_9', 'max')),
        )
      )
    with self.assertRaisesRegex(InputError, 'expected an option of'):
      self.tuner('option', searches=[{'epoch': 3}])
    with self.assertRaisesRegex(InputError, 'Unknown method'):
      self.tuner('method', method='dart')
    self.search(self.tuner('other', searches=0, max_trials=1))
    with self.assertRaisesRegex(RunStateError, 'training.epochs: was 2, now 3'):
      self.tuner('other', searches=0, train_config=TRAIN.replace(epochs=3))
    plain = keras_tuner.RandomSearch(
      lambda hp: keras.Sequential(),
      'val_accuracy',
      1,
      directory=self.directory,
      project_name='plain',
    )
    plain.save()
    with self.assertRaisesRegex(RunStateError, 'belongs to another tuner'):
      self.tuner('plain')
    for x, y, message in (
      (self.data.x_train / 255.0, self.data.y_train, 'expected uint8'),
      (self.data.x_train, self.data.y_train[1:], 'an integer for each'),
      (self.data.x_train, None, 'Images need labels'),
    ):
      with self.assertRaisesRegex(InputError, message):
        self.tuner('data').search(x, y)
    # What was refused has not taken the directory.
    self.tuner('data', train_config=TRAIN.replace(epochs=3))


if __name__ == '__main__':
  tf.test.main()
