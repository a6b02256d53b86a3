import numpy as np
import tensorflow as tf

from darts_tf.architecture_gradient import tensors


class TensorsTest(tf.test.TestCase):
  def test_global_norm_over_all(self):
    norm = tensors.global_norm([tf.constant([3.0]), tf.constant([[4.0]])])
    self.assertAllClose(norm, 5.0)

  def test_norm_of_half_precision_does_not_overflow(self):
    norm = tensors.global_norm([tf.fill([100], tf.constant(1e3, tf.half))])
    self.assertEqual(norm.dtype, tf.float32)
    self.assertAllClose(norm, 1e4)

  def test_axpy(self):
    [result] = tensors.axpy(2.0, [tf.constant([1.0])], [tf.constant([3.0])])
    self.assertAllClose(result, [5.0])

  def test_axpy_rounds_half_precision_once(self):
    one = tf.constant([1.0], tf.bfloat16)
    [result] = tensors.axpy(0.00390625 * 1.01, [one], [one])
    self.assertEqual(result.dtype, tf.bfloat16)
    # 1 + 1.01 / 256 lies above the midpoint to the next bfloat16.
    self.assertAllClose(tf.cast(result, tf.float32), [1 + 1 / 128])

  def test_scalar_keeps_python_precision(self):
    self.assertEqual(tensors.scalar(0.025, tf.float64).numpy(), 0.025)
    self.assertEqual(
      tensors.scalar(tf.constant(0.5), tf.float64).dtype, tf.float64
    )

  def test_dense(self):
    like = [tf.ones([2]), tf.ones([2, 2])]
    slices = tf.IndexedSlices(
      tf.constant([[1.0, 2.0]]), tf.constant([1]), tf.constant([2, 2])
    )
    zeros, full = tensors.dense([None, slices], like)
    self.assertAllEqual(zeros, [0.0, 0.0])
    self.assertAllEqual(full, [[0.0, 0.0], [1.0, 2.0]])

  def test_lists_of_unequal_length(self):
    with self.assertRaises(ValueError):
      tensors.axpy(1.0, [np.ones(1)], [])
