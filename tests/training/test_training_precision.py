"""Retraining in half precision and with activations computed again."""

from unittest import mock

import keras
import numpy as np
import tensorflow as tf
import tiny_runs
from absl.testing import parameterized

from darts_tf.models import stacked_cells
from darts_tf.training import run_training

CONFIG = tiny_runs.TRAIN.replace(epochs=1, drop_path=0.2, auxiliary=False)


class TrainingPrecisionTest(tiny_runs.RunTest):
  def trained(self, name, **options):
    """Loss and weights after an epoch."""
    result = run_training(
      CONFIG.replace(**options),
      tiny_runs.GENOTYPE,
      self.directory / name,
      self.data,
      verbose=False,
    )
    # Nothing else would tell an option that is ignored.
    self.assertEqual(
      result.network.compute_dtype,
      {'mixed_bfloat16': 'bfloat16', 'mixed_float16': 'float16'}.get(
        options.get('precision'), keras.config.floatx()
      ),
    )
    return (
      result.metrics[-1]['train_loss'],
      [v.numpy() for v in result.network.trainable_variables],
    )

  def test_remat_changes_nothing(self):
    self.addCleanup(keras.config.set_floatx, keras.config.floatx())
    self.addCleanup(keras.config.set_dtype_policy, keras.config.dtype_policy())
    keras.config.set_floatx('float64')
    keras.config.set_dtype_policy('float64')
    loss, weights = self.trained('kept')
    with mock.patch.object(
      stacked_cells,
      'call_rematerialized',
      wraps=stacked_cells.call_rematerialized,
    ) as call:
      again, others = self.trained('again', remat=True)
    self.assertTrue(call.called)
    self.assertAllClose(again, loss, rtol=1e-9)
    for a, b in zip(others, weights, strict=True):
      self.assertAllClose(a, b, rtol=1e-9, atol=1e-12)

  @parameterized.parameters(('mixed_bfloat16', 0.05), ('mixed_float16', 0.01))
  def test_half_precision_is_near(self, precision, tolerance):
    loss, weights = self.trained('whole')
    half, others = self.trained('half', precision=precision)
    self.assertAllClose(half, loss, rtol=tolerance)
    for a, b in zip(others, weights, strict=True):
      self.assertEqual(a.dtype, np.float32)
      self.assertAllClose(a, b, rtol=0, atol=tolerance)


if __name__ == '__main__':
  tf.test.main()
