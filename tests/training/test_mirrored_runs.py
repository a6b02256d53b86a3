import numpy as np
import tensorflow as tf
import tiny_runs

from darts_tf.config.errors import InputError
from darts_tf.distribution.strategy import make_strategy
from darts_tf.search import run_search
from darts_tf.training import run_training

MIRRORED = {'strategy': 'mirrored', 'virtual_devices': 2}


class MirroredRunsTest(tiny_runs.RunTest):
  def test_search(self):
    config = tiny_runs.SEARCH.replace(
      epochs=1, gradient='first_order', flip=False
    )
    results = [
      run_search(
        config.replace(**changes),
        self.directory / name,
        self.data,
        verbose=False,
      )
      for name, changes in (('one', {}), ('two', MIRRORED))
    ]
    alphas = []
    for result in results:
      with np.load(result.workdir.alphas_path) as arrays:
        alphas.append(arrays['normal/alpha'])
    self.assertAllClose(*alphas, rtol=0, atol=1e-4)
    self.assertGreater(np.abs(alphas[0]).max(), 0.1)
    one, two = (r.metrics[0] for r in results)
    for name in (
      'train_loss',
      'validation_loss',
      'train_accuracy',
      'validation_accuracy',
    ):
      self.assertAllClose(one[name], two[name], rtol=1e-4, msg=name)

  def test_training(self):
    config = tiny_runs.TRAIN.replace(
      epochs=1, ema=0.5, synchronized_batch_norm=True
    )
    one, two = (
      run_training(
        config.replace(**changes),
        tiny_runs.GENOTYPE,
        self.directory / name,
        self.data,
        verbose=False,
      )
      for name, changes in (('one', {}), ('two', MIRRORED))
    )
    for a, b in zip(one.network.variables, two.network.variables, strict=True):
      self.assertAllClose(a.numpy(), b.numpy(), rtol=1e-4, atol=1e-5)
    for name in ('train_loss', 'validation_loss', 'train_accuracy'):
      self.assertAllClose(
        one.metrics[0][name], two.metrics[0][name], rtol=1e-4, msg=name
      )
    self.assertAllClose(one.test_loss, two.test_loss, rtol=1e-4)
    # Finished runs are read back under the strategy too.
    again = run_training(
      config.replace(**MIRRORED),
      tiny_runs.GENOTYPE,
      self.directory / 'two',
      self.data,
      verbose=False,
    )
    self.assertEqual(again.test_loss, two.test_loss)

  def test_batches_that_cannot_be_shared(self):
    message = (
      'shared by 2 replicas; expected a multiple of 2. Received: batch_size=15'
    )
    with self.assertRaisesRegex(InputError, message):
      run_search(
        tiny_runs.SEARCH.replace(batch_size=15, **MIRRORED),
        self.directory / 'x',
        self.data,
      )
    with self.assertRaisesRegex(InputError, message):
      run_training(
        tiny_runs.TRAIN.replace(batch_size=15, **MIRRORED),
        tiny_runs.GENOTYPE,
        self.directory / 'x',
        self.data,
      )
    self.assertFalse((self.directory / 'x').exists())

  def test_devices_cannot_change_later(self):
    tf.config.list_logical_devices()
    with self.assertRaisesRegex(
      InputError,
      'another number of CPU devices; expected 2.*Received: virtual_devices=3',
    ):
      make_strategy(tiny_runs.SEARCH.replace(virtual_devices=3))


if __name__ == '__main__':
  tf.test.main()
