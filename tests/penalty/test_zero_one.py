"""The zero-one loss of FairDARTS."""

import numpy as np
import tensorflow as tf
from penalty_views import view_of
from unequal_space import UNEQUAL

from darts_tf.config.errors import InputError
from darts_tf.penalty import ZeroOne
from darts_tf.relaxation import NodeSoftmax, Sigmoid, Softmax


def logit(p):
  p = np.clip(p, 1e-12, 1 - 1e-12)
  return np.log(p / (1 - p))


class ZeroOneTest(tf.test.TestCase):
  def penalty(self, alphas, **options):
    return ZeroOne(**options)(view_of(UNEQUAL, alphas, Sigmoid()))

  def alphas(self, values):
    """Puts sigmoids into the four first entries; all others are 1/2."""
    p = np.full([3, 3], 0.5)
    p[0, :3], p[2, 0] = values[:3], values[3]
    return {'normal': tf.constant(logit(p))}

  def test_by_hand(self):
    # Six entries exist; two of them are 1/2.
    alphas = self.alphas([0.5, 1.0, 0.0, 0.9])
    value = self.penalty(alphas, zero_one_weight=6.0)
    self.assertAllClose(value, -0.165 * 4, atol=1e-9)
    absolute = self.penalty(alphas, zero_one_weight=6.0, zero_one_absolute=True)
    self.assertAllClose(absolute, -(0.5 + 0.5 + 0.4), atol=1e-9)

  def test_gradient(self):
    alphas = {'normal': tf.constant([[2.0, 0, 0]] * 3, tf.float64)}
    with tf.GradientTape() as tape:
      tape.watch(alphas)
      value = self.penalty(alphas, zero_one_weight=6.0)
    gradient = tape.gradient(value, alphas)['normal']
    self.assertAllClose(gradient[0], [-0.079963, 0, 0], atol=1e-6)
    self.assertAllEqual(gradient[1, 1:], [0, 0])  # Without a candidate.

  def test_weights_that_compete_are_refused(self):
    ZeroOne().check(Sigmoid())
    for relaxation in (Softmax(), NodeSoftmax()):
      with self.assertRaisesRegex(InputError, 'expected relaxation=sigmoid'):
        ZeroOne().check(relaxation)


if __name__ == '__main__':
  tf.test.main()
