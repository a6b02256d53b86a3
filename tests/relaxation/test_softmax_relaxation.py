"""The softmax relaxation and the first alphas."""

import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from unequal_space import TOPOLOGY, UNEQUAL

from darts_tf.config.errors import InputError
from darts_tf.relaxation import Softmax, relaxations
from darts_tf.search_space import SearchSpace, search_spaces

MASK = np.array([[1, 1, 1], [1, 0, 0], [1, 1, 0]], bool)


def make(space):
  return Softmax(space, space.groups(8))


class SoftmaxTest(tf.test.TestCase, parameterized.TestCase):
  @parameterized.parameters('darts', 'course', 'nas_bench_201', 'nasnet')
  def test_rows_are_softmaxes(self, name):
    relaxation = make(search_spaces[name])
    alphas = relaxation.initial_alphas(0, scale=2.0)
    mixing = relaxation.mixing({g: tf.constant(a) for g, a in alphas.items()})
    self.assertEqual(list(mixing), list(relaxation.groups))
    for group, alpha in alphas.items():
      weights = mixing[group].weights
      expected = np.exp(alpha)
      self.assertAllClose(
        weights, expected / expected.sum(1, keepdims=True), rtol=1e-12
      )
      self.assertAllClose(tf.reduce_sum(weights, 1), np.ones(len(alpha)))
      self.assertIsNone(mixing[group].edge_scale)
      self.assertAllEqual(relaxation.weights(alphas)[group], weights)

  @parameterized.parameters('float32', 'float64')
  def test_entries_without_a_candidate_have_no_weight(self, dtype):
    relaxation = make(UNEQUAL)
    rng = np.random.default_rng(0)
    # Whatever stands in entries without a candidate.
    alphas = {
      'normal': tf.constant(rng.normal(size=(3, 3)) * 50, dtype),
      'reduce': tf.constant(rng.normal(size=(3, 2)), dtype),
    }
    with tf.GradientTape() as tape:
      tape.watch(alphas)
      mixing = relaxation.mixing(alphas)
      loss = tf.reduce_sum(mixing['normal'].weights ** 2)
    weights = mixing['normal'].weights.numpy()
    self.assertEqual(weights.dtype, dtype)
    self.assertAllEqual(weights[~MASK], np.zeros(3))
    self.assertAllClose(weights.sum(1), np.ones(3))
    self.assertAllClose(weights[1], [1, 0, 0])
    gradient = tape.gradient(loss, alphas['normal']).numpy()
    self.assertAllEqual(gradient[~MASK], np.zeros(3))
    self.assertAllEqual(np.isfinite(gradient), np.ones((3, 3), bool))

  def test_first_alphas(self):
    relaxation = make(UNEQUAL)
    alphas = relaxation.initial_alphas(5)
    self.assertEqual(list(alphas), ['normal', 'reduce'])
    self.assertAllEqual(alphas['normal'] != 0, MASK)
    self.assertEqual(alphas['reduce'].dtype, np.float64)
    for group, again in relaxation.initial_alphas(5).items():
      self.assertAllEqual(again, alphas[group])
    self.assertNotAllEqual(
      relaxation.initial_alphas(6)['normal'], alphas['normal']
    )
    self.assertNotAllEqual(
      relaxation.initial_alphas(5, stage=1)['normal'], alphas['normal']
    )
    large = make(search_spaces['nasnet']).initial_alphas(0)['normal']
    self.assertAllClose(large.std(), 1e-3, rtol=0.15)

  def test_scale_zero_gives_equal_weights(self):
    relaxation = make(UNEQUAL)
    alphas = relaxation.initial_alphas(5, scale=0)
    self.assertAllClose(
      relaxation.weights(alphas)['normal'], MASK / MASK.sum(1, keepdims=True)
    )

  def test_cells_that_are_not_shared_have_their_own_alphas(self):
    space = SearchSpace(
      name='own',
      topology=TOPOLOGY,
      candidates=UNEQUAL.candidates,
      shared_cells=False,
    )
    relaxation = Softmax(space, space.groups(3))
    alphas = relaxation.initial_alphas(0)
    self.assertEqual(
      {g: a.shape for g, a in alphas.items()},
      {'cell_00': (3, 3), 'cell_01': (3, 2), 'cell_02': (3, 2)},
    )
    self.assertNotAllEqual(alphas['cell_01'], alphas['cell_02'])

  def test_registry(self):
    self.assertIs(relaxations['softmax'], Softmax)
    with self.assertRaisesRegex(InputError, 'Unknown relaxation.*softmax'):
      relaxations['soft_max']


if __name__ == '__main__':
  tf.test.main()
