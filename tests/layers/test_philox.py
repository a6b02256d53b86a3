import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from scipy import stats

from darts_tf.layers import philox


def drawn(draw, seed, counter, shape=(10000,)):
  return draw(list(shape), tf.constant([seed, counter], tf.int64)).numpy()


class PhiloxTest(tf.test.TestCase, parameterized.TestCase):
  @parameterized.parameters(
    (philox.uniform, 'uniform'), (philox.normal, 'norm')
  )
  def test_distribution(self, draw, name):
    sample = drawn(draw, 7, 3)
    self.assertEqual(sample.dtype, np.float32)
    self.assertGreater(stats.kstest(sample, name).pvalue, 0.01)

  def test_a_function_of_the_state(self):
    first = drawn(philox.uniform, 7, 3)
    self.assertAllEqual(first, drawn(philox.uniform, 7, 3))
    # More of them begin as fewer do.
    self.assertAllEqual(first, drawn(philox.uniform, 7, 3, (20000,))[:10000])

  @parameterized.parameters((7, 4), (8, 3), (7, -1), (3, 7))
  def test_states_are_independent(self, seed, counter):
    first, second = (
      drawn(philox.uniform, 7, 3),
      drawn(philox.uniform, seed, counter),
    )
    self.assertLess(abs(stats.pearsonr(first, second).statistic), 0.05)
    # Nor is one the other, shifted; one of 2^23 numbers may be the same.
    self.assertLess(np.isin(first[:100], second).sum(), 3)


if __name__ == '__main__':
  tf.test.main()
