import keras
import numpy as np
import tensorflow as tf
import tiny_runs
from absl.testing import parameterized

from darts_tf.config.errors import InputError
from darts_tf.data import evaluation_batches
from darts_tf.models.evaluation import Evaluation
from darts_tf.training.callbacks import DropPathRamp
from darts_tf.training.loss import SmoothedCrossentropy
from darts_tf.training.train import check_training


class EvaluationTest(tf.test.TestCase):
  def test_equals_numpy_and_ignores_filling(self):
    data = tiny_runs.data(num_train=21)
    rng = np.random.default_rng(0)
    kernel = rng.normal(size=(64, 10)).astype(np.float32)

    def logits(images, scale):
      return scale * tf.reshape(images, [-1, 64]) @ kernel

    batches = evaluation_batches(
      data.x_train, data.y_train, 8, data.info.mean, data.info.std
    )
    self.assertLen(list(batches), 3)  # 24 places for 21 images.
    score = Evaluation(logits)(batches, tf.constant(0.5))
    x = (data.x_train / 255 - data.info.mean) / data.info.std
    z = 0.5 * x.reshape(-1, 64) @ kernel.astype(np.float64)
    log_p = (
      z
      - np.log(np.exp(z - z.max(-1, keepdims=True)).sum(-1, keepdims=True))
      - z.max(-1, keepdims=True)
    )
    self.assertAllClose(
      score.loss, -log_p[np.arange(21), data.y_train].mean(), rtol=1e-5
    )
    self.assertAllClose(
      score.accuracy, (z.argmax(-1) == data.y_train).mean(), rtol=1e-6
    )


class CheckTest(tf.test.TestCase):
  def test_several_workers_go_step_by_step(self):
    config = tiny_runs.TRAIN.replace(strategy='multi_worker')
    self.assertFalse(check_training(config, tiny_runs.GENOTYPE, None))
    with self.assertRaisesRegex(InputError, 'Received: steps_per_execution=2'):
      check_training(
        config.replace(steps_per_execution=2), tiny_runs.GENOTYPE, None
      )


class LossTest(tf.test.TestCase, parameterized.TestCase):
  @parameterized.parameters(0.0, 0.1, 0.9)
  def test_equals_keras(self, smoothing):
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(6, 5)).astype(np.float32) * 3
    labels = rng.integers(0, 5, 6)
    expected = keras.losses.CategoricalCrossentropy(
      from_logits=True, label_smoothing=smoothing
    )(np.eye(5)[labels], logits)
    loss = SmoothedCrossentropy(smoothing)
    self.assertAllClose(loss(labels, logits), expected, rtol=1e-6)
    self.assertAllClose(loss(labels[:, None], logits), expected, rtol=1e-6)
    copy = SmoothedCrossentropy.from_config(loss.get_config())
    self.assertAllEqual(copy(labels, logits), loss(labels, logits))

  def test_ramp_of_drop_path(self):
    ramp = DropPathRamp(0.3, 4)
    model = keras.Sequential()
    model.drop_path_rate = tf.Variable(0.0)
    ramp.set_model(model)
    rates = []
    for epoch in range(4):
      ramp.on_epoch_begin(epoch)
      rates.append(float(model.drop_path_rate))
    self.assertAllClose(rates, [0, 0.075, 0.15, 0.225])


if __name__ == '__main__':
  tf.test.main()
