import numpy as np
import tensorflow as tf

from darts_tf.distribution.replicas import sum_over_replicas


class SumOverReplicasTest(tf.test.TestCase):
  def test_one_replica(self):
    tensors = [tf.constant(1.0)]
    self.assertIs(sum_over_replicas(tensors)[0], tensors[0])

  def test_mixed_dtypes_keep_their_order(self):
    if len(tf.config.list_logical_devices('CPU')) < 2:
      self.skipTest('needs two logical CPU devices')

    strategy = tf.distribute.MirroredStrategy(
      ['CPU:0', 'CPU:1'],
      # Collectives of several strategies in one process would collide.
      cross_device_ops=tf.distribute.ReductionToOneDevice(),
    )

    @tf.function
    def together():
      return strategy.run(
        lambda: sum_over_replicas(
          [tf.constant([1.0]), tf.constant(2.0, tf.float64), tf.constant([3.0])]
        )
      )

    results = [result.values[0].numpy() for result in together()]
    self.assertAllEqual(
      [result.dtype for result in results], [np.float32, np.float64, np.float32]
    )
    self.assertAllEqual(results[0], [2.0])
    self.assertAllEqual(results[1], 4.0)
    self.assertAllEqual(results[2], [6.0])

  def test_gradient_is_a_sum_too(self):
    if len(tf.config.list_logical_devices('CPU')) < 2:
      self.skipTest('needs two logical CPU devices')
    strategy = tf.distribute.MirroredStrategy(
      ['CPU:0', 'CPU:1'], cross_device_ops=tf.distribute.ReductionToOneDevice()
    )

    def replica():
      index = tf.distribute.get_replica_context().replica_id_in_sync_group
      x = tf.cast(index + 1, tf.float32)
      with tf.GradientTape() as tape:
        tape.watch(x)
        [total] = sum_over_replicas([x])
        share = total * total * tf.cast(index + 1, tf.float32)
      return tape.gradient(share, x)

    # Sum over replicas of d(share)/d(total) = 2 total (1 + 2).
    for gradient in tf.function(strategy.run)(replica).values:
      self.assertAllClose(gradient, 18.0)


if __name__ == '__main__':
  tf.test.main()
