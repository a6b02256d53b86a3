"""Batch normalization: both forms, running statistics, replicas."""

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from darts_tf.layers import BatchNorm


def batch(shape=(4, 5, 6, 3), dtype='float32', seed=0):
  rng = np.random.default_rng(seed)
  return (3 * rng.normal(size=shape) + [1, -2, 5]).astype(dtype)


def make(**kwargs):
  """A layer for three channels, with gamma and beta that are not 1 and 0."""
  layer = BatchNorm(**kwargs)
  layer.build((None, None, None, 3))
  if layer.affine:
    layer.gamma.assign([0.5, 2, -1])
    layer.beta.assign([1, 0, -3])
  return layer


class BatchNormTest(tf.test.TestCase, parameterized.TestCase):
  def outputs_and_gradients(self, layer, x, scale, factors):
    """Everything that the two forms must agree on."""
    x, scale = tf.constant(x), tf.constant(scale)
    with tf.GradientTape() as second:
      second.watch(x)
      with tf.GradientTape() as tape:
        tape.watch([x, scale])
        y = layer(x, scale=scale, training=True)
        loss = tf.reduce_sum(y * factors) + tf.reduce_sum(y**3) / 10
      first = tape.gradient(loss, [x, scale, *layer.trainable_variables])
      length = tf.add_n([tf.reduce_sum(g * g) for g in first])
    return [
      y,
      *first,
      second.gradient(length, x),
      *(v.numpy() for v in layer.non_trainable_variables),
    ]

  @parameterized.parameters(True, False)
  def test_fused_form_equals_plain_form(self, affine):
    x = batch()
    factors = np.random.default_rng(1).normal(size=x.shape).astype('f')
    scale = np.array([0.3, 0.8, 1.5], 'f')
    fused, plain = make(affine=affine), make(affine=affine, fused=False)
    self.assertTrue(fused._uses_fused_kernel())
    self.assertFalse(plain._uses_fused_kernel())
    results = [
      self.outputs_and_gradients(layer, x, scale, factors)
      for layer in (fused, plain)
    ]
    self.assertLen(results[0], 8 if affine else 6)
    for actual, expected in zip(*results):
      self.assertAllClose(
        actual, expected, rtol=1e-4, atol=1e-4 * np.abs(expected).max()
      )

  @parameterized.parameters('float32', 'float64')
  def test_statistics_and_output(self, dtype):
    layer = make(dtype=dtype, momentum=0.8, epsilon=1e-3)
    mean, variance = np.zeros(3), np.ones(3)
    for seed in range(3):
      x = batch(dtype=dtype, seed=seed)
      y = layer(x, training=True)
      flat = x.reshape(-1, 3).astype('float64')
      expected = (x - flat.mean(0)) / np.sqrt(flat.var(0) + 1e-3)
      self.assertAllClose(
        y, expected * [0.5, 2, -1] + [1, 0, -3], rtol=1e-4, atol=1e-4
      )
      mean = 0.8 * mean + 0.2 * flat.mean(0)
      # The unbiased variance, as PyTorch keeps it.
      variance = 0.8 * variance + 0.2 * flat.var(0, ddof=1)
      self.assertAllClose(layer.moving_mean, mean, rtol=1e-5)
      self.assertAllClose(layer.moving_variance, variance, rtol=1e-5)
    x = batch(dtype=dtype, seed=9)
    expected = (x - mean) / np.sqrt(variance + 1e-3)
    self.assertAllClose(
      layer(x, training=False),
      expected * [0.5, 2, -1] + [1, 0, -3],
      rtol=1e-4,
      atol=1e-4,
    )

  @parameterized.parameters(True, False)
  def test_running_statistics_move_in_training_only(self, fused):
    layer = make(fused=fused)
    before = [v.numpy() for v in layer.variables]
    layer(batch())
    layer(batch(), training=False)
    self.assertAllEqual([v.numpy() for v in layer.variables], before)
    layer(batch(), training=True)
    self.assertNotAllClose(layer.moving_mean, before[2])
    self.assertNotAllClose(layer.moving_variance, before[3])

  @parameterized.product(
    training=(True, False), dtype=('float32', 'float64'), affine=(True, False)
  )
  def test_scale_multiplies_the_output(self, training, dtype, affine):
    x, scale = batch(dtype=dtype), np.array([0.5, 0.0, -2.0], dtype)
    layer = make(affine=affine, dtype=dtype)
    layer(x, training=True)
    self.assertAllClose(
      layer(x, scale=scale, training=training),
      layer(x, training=training) * scale,
      rtol=1e-4,
      atol=1e-4,
    )

  def test_without_scale_and_offset_nothing_is_trained(self):
    layer = make(affine=False)
    self.assertEmpty(layer.trainable_variables)
    self.assertLen(layer.non_trainable_variables, 2)

  @parameterized.parameters(True, False)
  def test_one_value_a_channel(self, fused):
    layer = make(fused=fused)
    y = layer(np.ones((1, 1, 1, 3), 'f'), training=True)
    self.assertAllClose(y, np.reshape([1, 0, -3], (1, 1, 1, 3)))
    self.assertAllClose(layer.moving_variance, [0.9] * 3)

  @parameterized.product(
    dtype=('mixed_float16', 'mixed_bfloat16'), fused=(True, False)
  )
  def test_half_precision_keeps_statistics_in_float32(self, dtype, fused):
    # Above 65,504 values a channel their number is no float16.
    x = batch((65, 32, 32, 3))
    layer = make(dtype=dtype, fused=fused)
    exact = make()
    y = layer(x, training=True)
    self.assertEqual(y.dtype, layer.compute_dtype)
    self.assertAllClose(
      tf.cast(y, tf.float32), exact(x, training=True), atol=0.1
    )
    for name in ('moving_mean', 'moving_variance'):
      statistic = getattr(layer, name)
      self.assertEqual(statistic.dtype, 'float32')
      self.assertAllClose(statistic, getattr(exact, name), rtol=2e-3)
    y = layer(x[:2], training=False)
    self.assertEqual(y.dtype, layer.compute_dtype)
    self.assertAllClose(tf.cast(y, tf.float32), exact(x[:2]), atol=0.1)

  def test_is_rebuilt_from_its_configuration(self):
    layer = make(
      affine=False, epsilon=0.1, momentum=0.5, synchronized=True, fused=False
    )
    other = BatchNorm.from_config(layer.get_config())
    for name in ('affine', 'epsilon', 'momentum', 'synchronized', 'fused'):
      self.assertEqual(getattr(other, name), getattr(layer, name))

  def test_output_shape(self):
    self.assertEqual(make().compute_output_shape((2, 4, 5, 3)), (2, 4, 5, 3))


class ReplicasTest(tf.test.TestCase, parameterized.TestCase):
  def on_two_replicas(self, x, factors, **kwargs):
    """A training step of each replica on its half of the batch."""
    if len(tf.config.list_logical_devices('CPU')) < 2:
      self.skipTest('needs two logical CPU devices')
    strategy = tf.distribute.MirroredStrategy(
      ['CPU:0', 'CPU:1'],
      # Collectives of several strategies in one process would collide.
      cross_device_ops=tf.distribute.ReductionToOneDevice(),
    )
    with strategy.scope():
      layer = make(**kwargs)

    def replica():
      index = tf.distribute.get_replica_context().replica_id_in_sync_group
      half = tf.split(tf.constant(x), 2)
      x_half = tf.gather(half, index)
      with tf.GradientTape() as tape:
        tape.watch(x_half)
        y = layer(x_half, training=True)
        loss = tf.reduce_sum(
          y * tf.gather(tf.split(tf.constant(factors), 2), index)
        )
      return y, *tape.gradient(loss, [x_half, *layer.trainable_variables])

    results = tf.function(strategy.run, autograph=False)(replica)
    y, dx, dgamma, dbeta = ([v.numpy() for v in r.values] for r in results)
    return layer, np.concatenate(y), np.concatenate(dx), sum(dgamma), sum(dbeta)

  @parameterized.parameters(('float64', 1e-9), ('float32', 1e-4))
  def test_synchronized_replicas_equal_one_device(self, dtype, tolerance):
    x = batch(dtype=dtype)
    factors = np.random.default_rng(1).normal(size=x.shape).astype(dtype)
    layer, *results = self.on_two_replicas(
      x, factors, dtype=dtype, synchronized=True
    )
    one = make(dtype=dtype, synchronized=True)
    inputs = tf.constant(x)
    with tf.GradientTape() as tape:
      tape.watch(inputs)
      y = one(inputs, training=True)
      loss = tf.reduce_sum(y * factors)
    expected = [y, *tape.gradient(loss, [inputs, *one.trainable_variables])]
    for a, b in zip(results, expected):
      self.assertAllClose(a, b, rtol=tolerance, atol=10 * tolerance)
    for name in ('moving_mean', 'moving_variance'):
      self.assertAllClose(
        getattr(layer, name).numpy(), getattr(one, name).numpy(), rtol=tolerance
      )

  def test_statistics_of_a_replica_alone(self):
    x = batch(dtype='float64')
    layer, y, *_ = self.on_two_replicas(x, np.ones_like(x), dtype='float64')
    halves = [make(dtype='float64') for _ in range(2)]
    outputs = [
      half(part, training=True) for half, part in zip(halves, np.split(x, 2))
    ]
    self.assertAllClose(y, tf.concat(outputs, 0), rtol=1e-9)
    # What is kept is the mean of the replicas' running statistics.
    for name in ('moving_mean', 'moving_variance'):
      self.assertAllClose(
        getattr(layer, name).numpy(),
        np.mean([getattr(half, name).numpy() for half in halves], 0),
      )


if __name__ == '__main__':
  tf.test.main()
