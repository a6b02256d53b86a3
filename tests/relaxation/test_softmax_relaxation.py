"""The softmax relaxation, and the variables of an architecture."""

import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from unequal_space import TOPOLOGY, UNEQUAL

from darts_tf.config.errors import InputError
from darts_tf.relaxation import (
  Architecture,
  EdgeNormalized,
  Softmax,
  relaxations,
)
from darts_tf.search_space import SearchSpace, search_spaces

MASK = np.array([[1, 1, 1], [1, 0, 0], [1, 1, 0]], bool)


def make(space, cells=8, **options):
  """Returns an architecture with its first values."""
  made = Architecture(Softmax(), space, space.groups(cells), dtype='float64')
  made.initialize(**{'seed': 0, **options})
  return made


class SoftmaxTest(tf.test.TestCase, parameterized.TestCase):
  @parameterized.parameters('darts', 'course', 'nas_bench_201', 'nasnet')
  def test_rows_are_softmaxes(self, name):
    architecture = make(search_spaces[name], scale=2.0)
    mixing = architecture.mixing(architecture.tensors(), _NoDraw())
    self.assertEqual(list(mixing), list(architecture.groups))
    for group, m in mixing.items():
      alpha = architecture.arrays()[f'{group}/alpha']
      expected = np.exp(alpha)
      self.assertAllClose(
        m.weights, expected / expected.sum(1, keepdims=True), rtol=1e-12
      )
      self.assertIsNone(m.edge_scale)
      self.assertAllEqual(architecture.weights()[group], m.weights)

  @parameterized.parameters('float32', 'float64')
  def test_entries_without_a_candidate_have_no_weight(self, dtype):
    architecture = make(UNEQUAL)
    rng = np.random.default_rng(0)
    # Whatever stands in entries without a candidate.
    alphas = [
      tf.constant(rng.normal(size=(3, 3)) * 50, dtype),
      tf.constant(rng.normal(size=(3, 2)), dtype),
    ]
    with tf.GradientTape() as tape:
      tape.watch(alphas)
      mixing = architecture.expected(alphas)
      loss = tf.reduce_sum(mixing['normal'].weights ** 2)
    weights = mixing['normal'].weights.numpy()
    self.assertEqual(weights.dtype, dtype)
    self.assertAllEqual(weights[~MASK], np.zeros(3))
    self.assertAllClose(weights.sum(1), np.ones(3))
    self.assertAllClose(weights[1], [1, 0, 0])
    gradient = tape.gradient(loss, alphas[0]).numpy()
    self.assertAllEqual(gradient[~MASK], np.zeros(3))
    self.assertAllEqual(np.isfinite(gradient), np.ones((3, 3), bool))

  def test_frozen_candidates_have_no_weight(self):
    architecture = make(search_spaces['nas_bench_201'], scale=1.0)
    mask = np.ones([6, 5], bool)
    mask[2, :4] = False
    architecture.freeze({'normal': mask})
    weights = architecture.weights()['normal']
    self.assertAllClose(weights[2], [0, 0, 0, 0, 1])
    self.assertAllClose(weights.sum(1), np.ones(6))

  def test_first_alphas(self):
    first = make(UNEQUAL, seed=5).arrays()
    self.assertEqual(list(first), ['normal/alpha', 'reduce/alpha'])
    self.assertAllEqual(first['normal/alpha'] != 0, MASK)
    for name, again in make(UNEQUAL, seed=5).arrays().items():
      self.assertAllEqual(again, first[name])
    for other in (make(UNEQUAL, seed=6), make(UNEQUAL, seed=5, stage=1)):
      self.assertNotAllEqual(
        other.arrays()['normal/alpha'], first['normal/alpha']
      )
    large = make(search_spaces['nasnet']).arrays()['normal/alpha']
    self.assertAllClose(large.std(), 1e-3, rtol=0.15)
    # Another mean moves entries that exist.
    moved = make(UNEQUAL, seed=5, mean=2.0).arrays()['normal/alpha']
    self.assertAllClose(moved, first['normal/alpha'] + 2 * MASK)

  def test_draws_of_a_parameter_do_not_depend_on_others(self):
    space = search_spaces['darts']
    other = Architecture(EdgeNormalized(), space, space.groups(8))
    other.initialize(seed=0)
    arrays = other.arrays()
    self.assertEqual(
      list(arrays),
      ['normal/alpha', 'normal/beta', 'reduce/alpha', 'reduce/beta'],
    )
    for name, alpha in make(space).arrays().items():
      self.assertAllClose(arrays[name], alpha)
    self.assertGreater(np.std(arrays['normal/beta']), 0)
    self.assertNotAllClose(arrays['normal/beta'], arrays['reduce/beta'])

  def test_scale_zero_gives_equal_weights(self):
    self.assertAllClose(
      make(UNEQUAL, scale=0).weights()['normal'],
      MASK / MASK.sum(1, keepdims=True),
    )

  def test_cells_that_are_not_shared_have_their_own_alphas(self):
    space = SearchSpace(
      name='own',
      topology=TOPOLOGY,
      candidates=UNEQUAL.candidates,
      shared_cells=False,
    )
    arrays = make(space, cells=3).arrays()
    self.assertEqual(
      {name: a.shape for name, a in arrays.items()},
      {
        'cell_00/alpha': (3, 3),
        'cell_01/alpha': (3, 2),
        'cell_02/alpha': (3, 2),
      },
    )
    self.assertNotAllEqual(arrays['cell_01/alpha'], arrays['cell_02/alpha'])

  def test_registry(self):
    self.assertIs(relaxations['softmax'], Softmax)
    with self.assertRaisesRegex(InputError, 'Unknown relaxation.*softmax'):
      relaxations['soft_max']


class _NoDraw:
  """A source of random numbers that must not be asked for any."""

  def named(self, name):
    del name
    return self


if __name__ == '__main__':
  tf.test.main()
