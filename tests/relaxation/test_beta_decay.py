"""The regularization of beta-DARTS."""

import numpy as np
import tensorflow as tf
from unequal_space import UNEQUAL

from darts_tf.relaxation import BetaDecay, Softmax, relaxations
from darts_tf.search_space import search_spaces


class BetaDecayTest(tf.test.TestCase):
  def test_weights_are_those_of_the_softmax(self):
    space = search_spaces['nas_bench_201']
    beta, softmax = (
      kind(space, space.groups(1)) for kind in (BetaDecay, Softmax)
    )
    alphas = softmax.initial_alphas(0, scale=2.0)
    self.assertAllEqual(
      beta.weights(alphas)['normal'], softmax.weights(alphas)['normal']
    )

  def test_penalty_and_its_gradient(self):
    relaxation = BetaDecay(UNEQUAL, UNEQUAL.groups(8), beta_decay=12.0)
    rng = np.random.default_rng(0)
    # Whatever stands in entries without a candidate does not count.
    alphas = {
      'normal': tf.constant(rng.normal(size=(3, 3))),
      'reduce': tf.constant(rng.normal(size=(3, 2))),
    }
    rows = [
      row[:count]
      for row, count in zip(
        [*alphas['normal'].numpy(), *alphas['reduce'].numpy()],
        (3, 1, 2, 2, 2, 2),
      )
    ]
    expected = np.mean([np.log(np.exp(row).sum()) for row in rows])
    # A third of the way: a third of the final weight.
    relaxation.start_epoch(1, 3)
    with tf.GradientTape() as tape:
      tape.watch(alphas)
      penalty = relaxation.penalty(alphas)
    self.assertEqual(penalty.dtype, tf.float64)
    self.assertAllClose(penalty, 4 * expected, rtol=1e-12)
    weights = relaxation.mixing(alphas)
    for group, gradient in tape.gradient(penalty, alphas).items():
      self.assertAllClose(gradient, 4 / 6 * weights[group].weights, rtol=1e-12)

  def test_weight_by_epoch(self):
    space = search_spaces['nas_bench_201']
    relaxation = relaxations['beta_decay'](space, space.groups(1))
    alphas = {'normal': tf.zeros([6, 5])}
    for epoch, weight in ((0, 0.0), (25, 25.0), (49, 49.0)):
      relaxation.start_epoch(epoch, 50)
      self.assertAllClose(
        relaxation.penalty(alphas), weight * np.log(5), rtol=1e-6
      )

  def test_softmax_has_no_penalty(self):
    space = search_spaces['nas_bench_201']
    relaxation = Softmax(space, space.groups(1))
    relaxation.start_epoch(3, 4)
    self.assertIsNone(relaxation.penalty({'normal': tf.zeros([6, 5])}))


if __name__ == '__main__':
  tf.test.main()
