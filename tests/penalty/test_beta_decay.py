"""The regularization of beta-DARTS."""

import numpy as np
import tensorflow as tf
from penalty_views import view_of
from unequal_space import UNEQUAL

from darts_tf.config.progress import Progress
from darts_tf.penalty import BetaDecay
from darts_tf.search_space import search_spaces


class BetaDecayTest(tf.test.TestCase):
  def test_penalty_and_its_gradient(self):
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
    with tf.GradientTape() as tape:
      tape.watch(alphas)
      view = view_of(UNEQUAL, alphas, beta_decay=4.0)
      penalty = BetaDecay()(view)
    self.assertEqual(penalty.dtype, tf.float64)
    self.assertAllClose(penalty, 4 * expected, rtol=1e-12)
    for group, gradient in tape.gradient(penalty, alphas).items():
      self.assertAllClose(
        gradient, 4 / 6 * view.expected[group].weights, rtol=1e-12
      )

  def test_by_hand(self):
    space = search_spaces['nas_bench_201']
    alphas = np.full([6, 5], -1e9)
    alphas[:, :4] = 0
    alphas[3:, 0] = 1
    with tf.GradientTape() as tape:
      alphas = tf.constant(alphas)
      tape.watch(alphas)
      penalty = BetaDecay()(view_of(space, {'normal': alphas}, beta_decay=1.0))
    self.assertAllClose(penalty, 1.564981, atol=1e-6)
    # With two rows; here are three of each.
    self.assertAllClose(
      3 * tape.gradient(penalty, alphas)[3, :4],
      [0.237683, 0.087439, 0.087439, 0.087439],
      atol=1e-6,
    )

  def test_weight_by_epoch(self):
    penalty = BetaDecay(beta_decay=50.0)
    for epoch, weight in ((0, 0.0), (25, 25.0), (49, 49.0)):
      self.assertEqual(
        penalty.rates(Progress(epoch, 50, epoch, 50)), {'beta_decay': weight}
      )


if __name__ == '__main__':
  tf.test.main()
