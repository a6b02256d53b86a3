"""Relaxations in which edges compete, or candidates do not."""

import numpy as np
import tensorflow as tf
from groups import group_of, node_of
from unequal_space import UNEQUAL

from darts_tf.relaxation import EdgeNormalized, NodeSoftmax, Sigmoid
from darts_tf.search_space import search_spaces


class NodeSoftmaxTest(tf.test.TestCase):
  def weights(self, alpha, group=None, **options):
    alpha = tf.constant(alpha, tf.float64)
    group = group or node_of(*alpha.shape)
    return NodeSoftmax(**options).mixing({'alpha': alpha}, group, None).weights

  def test_by_hand(self):
    self.assertAllClose(
      self.weights(np.log([[4.0, 1], [2, 1]])), [[0.5, 0.125], [0.25, 0.125]]
    )
    self.assertAllClose(
      self.weights(np.log([[4.0, 3], [1, 1]])), np.array([[4, 3], [1, 1]]) / 9
    )

  def test_none(self):
    alpha = np.zeros([2, 4])
    without = self.weights(alpha)
    self.assertAllClose(without[:, :3], np.full([2, 3], 1 / 6))
    self.assertAllEqual(without[:, 3], [0, 0])
    self.assertAllClose(
      self.weights(alpha, none_competes=True), np.full([2, 4], 1 / 8)
    )

  def test_all_nodes(self):
    space = search_spaces['darts']
    group = group_of(space)
    rng = np.random.default_rng(0)
    alpha = rng.normal(size=(14, 8))
    weights = self.weights(alpha, group).numpy()
    for rows in ([0, 1], [2, 3, 4], [5, 6, 7, 8], [9, 10, 11, 12, 13]):
      expected = np.exp(alpha[rows, 1:])
      self.assertAllClose(weights[rows, 1:], expected / expected.sum())
    self.assertAllEqual(weights[:, 0], np.zeros(14))
    self.assertAllClose(
      NodeSoftmax().summary(np.full([14, 8], 0.0) + 1e-300, group)['entropy'],
      0,
      atol=1e-9,
    )
    equal = self.weights(np.zeros([14, 8]), group).numpy()
    self.assertAllClose(
      NodeSoftmax().summary(equal, group)['entropy'],
      np.mean(np.log([14, 21, 28, 35])),
    )


class EdgeNormalizedTest(tf.test.TestCase):
  def test_by_hand(self):
    group = node_of(2, 3)
    mixing = EdgeNormalized().mixing(
      {'alpha': tf.zeros([2, 3]), 'beta': tf.math.log([3.0, 1.0])}, group, None
    )
    self.assertAllClose(mixing.edge_scale, [0.75, 0.25])
    self.assertAllClose(mixing.weights, np.full([2, 3], 1 / 3))
    self.assertAllClose(mixing.scaled()[:, 0], [0.25, 0.25 / 3])
    # The entropy is that of the candidates.
    summary = EdgeNormalized().summary(np.array([[0.1] * 3, [0.2] * 3]), group)
    self.assertAllClose(summary['entropy'], np.log(3))

  def test_parameters(self):
    exist = EdgeNormalized().parameters(group_of(UNEQUAL))
    self.assertEqual(list(exist), ['alpha', 'beta'])
    self.assertAllEqual(exist['beta'], [True] * 3)


class SigmoidTest(tf.test.TestCase):
  def test_candidates_do_not_compete(self):
    group = group_of(UNEQUAL)
    alpha = tf.constant([[2.0, 0, 0], [0, 0, 0], [9, -9, 0]], tf.float64)
    weights = Sigmoid().mixing({'alpha': alpha}, group, None).weights.numpy()
    self.assertAllClose(weights[0], [0.880797, 0.5, 0.5], atol=1e-6)
    self.assertAllEqual(weights[~group.exists], np.zeros(3))
    summary = Sigmoid().summary(np.array([[0.9, 0.4, 0.0]] * 3), group)
    self.assertAllClose(
      summary,
      {
        'decidedness': np.mean([0.8, 0.2, 1.0, 0.8, 0.8, 0.2]),
        'share_above_half': 0.5,
      },
    )


if __name__ == '__main__':
  tf.test.main()
