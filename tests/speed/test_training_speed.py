import json
from unittest import mock

import tensorflow as tf
import tiny_runs
from absl.testing import parameterized
from programs import load_program, run_program

from darts_tf.models.network import Network
from darts_tf.speed.training_speed import measure_training
from darts_tf.training import run_training


class TrainingSpeedTest(tf.test.TestCase, parameterized.TestCase):
  def test_measures_a_retraining(self):
    result = measure_training(
      tiny_runs.TRAIN.replace(batch_size=4),
      tiny_runs.GENOTYPE,
      (8, 8, 3),
      3,
      steps=2,
    )
    self.assertEqual(
      (result['batch_size'], result['search_space']), (4, 'tiny')
    )
    self.assertGreater(result['seconds_per_step_min'], 0)
    self.assertGreater(result['seconds_to_first_step'], result['trace_seconds'])
    self.assertGreater(result['expected_rss_mib'], 100)
    # The notes were taken: no batch comes in no time.
    self.assertBetween(result['share_waiting_for_data'], 1e-4, 1)
    self.assertEqual(result['device'], 'CPU')

  def test_program(self):
    path = tiny_runs.temporary_directory(self) / 'genotype.json'
    tiny_runs.GENOTYPE.save(path)
    program = load_program(self, 'benchmark')
    values = {
      'genotype': str(path),
      'batch_size': '4',
      'cells': '1',
      'channels': '4',
      'image_size': '8',
      'steps': '1',
    }
    code, out, _ = run_program(program, **values)
    self.assertIsNone(code)
    self.assertEqual(json.loads(out)['channels'], 4)
    code, out, err = run_program(program, **values, gradient='first_order')
    self.assertEqual((code, out), (2, ''))
    self.assertIn('an option', err.lower())
    self.assertIn("Received: gradient='first_order'", err)
    code, out, err = run_program(program, **values, xla='true')
    self.assertEqual((code, out), (2, ''))
    self.assertIn('expected --nodeterministic', err)
    code, out, err = run_program(program, **values, pairs='1')
    self.assertEqual((code, out), (2, ''))
    self.assertIn('pairs or genotype, not both. Received: pairs=1', err)


class TracesTest(tf.test.TestCase):
  def test_a_retraining_traces_its_step_once(self):
    """The check of memory and `fit` have one graph; the evaluation another."""
    traced = []
    call = Network.call

    def counted(network, images, training=None):
      traced.append(training)
      return call(network, images, training)

    with mock.patch.object(Network, 'call', counted):
      run_training(
        tiny_runs.TRAIN.replace(epochs=2),
        tiny_runs.GENOTYPE,
        tiny_runs.temporary_directory(self),
        data=tiny_runs.data(),
        verbose=False,
      )
    self.assertEqual(traced, [True, False])

  def test_compiling_again_traces_again(self):
    network = Network(tiny_runs.GENOTYPE, (8, 8, 3), 3, 4, 1)
    images, labels = tf.ones([4, 8, 8, 3]), tf.constant([0, 1, 2, 0])
    compiled = lambda rate: network.compile(
      tf.keras.optimizers.SGD(rate),
      tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True),
      metrics=['accuracy'],
    )
    compiled(0.0)
    network.fit(images, labels, batch_size=4, verbose=0)
    before = [v.numpy() for v in network.trainable_variables]
    compiled(0.1)
    history = network.fit(images, labels, batch_size=4, verbose=0).history
    self.assertEqual(sorted(history), ['accuracy', 'loss'])
    moved = [
      bool((v.numpy() != old).any())
      for v, old in zip(network.trainable_variables, before, strict=True)
    ]
    self.assertTrue(any(moved))

  def test_labels_of_other_forms(self):
    """Metrics are those of the labels that come, here one-hot ones."""
    network = Network(tiny_runs.GENOTYPE, (8, 8, 3), 3, 4, 1)
    network.compile('sgd', 'mse', metrics=['accuracy'])
    images, labels = tf.ones([4, 8, 8, 3]), tf.one_hot([0, 1, 2, 0], 3)
    weights = tf.constant([1.0, 0.0, 1.0, 1.0])
    history = network.fit(
      images, labels, sample_weight=weights, batch_size=4, verbose=0
    ).history
    shares = {0.0, 0.25, 0.5}
    self.assertIn(history['accuracy'][0], shares)
    network.compile('sgd', 'mse', run_eagerly=True)
    network.fit(images, labels, batch_size=4, verbose=0)


if __name__ == '__main__':
  tf.test.main()
