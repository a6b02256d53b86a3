"""Max pools have second derivatives."""

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from darts_tf.layers.pool import MaxPool
from darts_tf.search_space import OperationStyle


class MaxPoolTest(tf.test.TestCase, parameterized.TestCase):
  @parameterized.parameters(1, 2)
  def test_second_derivative_in_a_graph(self, stride):
    # There a kernel may write into the memory of its argument, which eager
    # execution keeps.
    rng = np.random.default_rng(0)
    layer = MaxPool(4, stride=stride, style=OperationStyle(dtype='float64'))
    x = tf.constant(rng.normal(size=(4, 8, 8, 4)))
    weights = tf.constant(rng.normal(size=(4, 8 // stride, 8 // stride, 4)))
    vector = tf.constant(rng.normal(size=x.shape))

    def gradient(x):
      with tf.GradientTape() as tape:
        tape.watch(x)
        loss = tf.reduce_sum(weights * layer.pool(x) ** 3)
      return tape.gradient(loss, x)

    @tf.function
    def product(x, vector):
      with tf.GradientTape() as tape:
        tape.watch(x)
        slope = gradient(x)
      return tape.gradient(slope, x, output_gradients=vector * 1.5)

    step = 1e-6
    expected = (
      1.5
      * (gradient(x + step * vector) - gradient(x - step * vector))
      / (2 * step)
    )
    self.assertAllClose(product(x, vector), expected, atol=1e-6)


if __name__ == '__main__':
  tf.test.main()
