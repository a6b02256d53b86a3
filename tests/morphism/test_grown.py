import numpy as np
from absl.testing import absltest

from darts_tf.discretize import random_genotype
from darts_tf.morphism import grown, spread_weights, whole_space
from darts_tf.search_space import search_spaces


class GrownTest(absltest.TestCase):
  def test_all_candidates(self):
    for name, convolutions in (('dl', 12), ('dr', 32), ('ur', 73)):
      space = search_spaces[f'prune_replace_{name}']
      wide = whole_space(space.name)
      for names, more in zip(
        space.candidates['reduce'], wide.candidates['reduce']
      ):
        self.assertEqual(more[: len(names)], names)
        self.assertLen(set(more), convolutions + 3)
        for operation in more:
          self.assertTrue(space.offers('reduce', 0, operation))
      self.assertIs(grown(wide), wide)

  def test_other_spaces(self):
    self.assertIs(whole_space('darts'), search_spaces['darts'])

  def test_random_genotypes_are_of_all(self):
    space = search_spaces['prune_replace_dr']
    names = {
      edge.operation
      for seed in range(40)
      for edge in random_genotype(space, seed).cells['normal'].edges
    }
    self.assertGreater(len(names), 25)
    self.assertIn('max_pool_3x3', names)

  def test_weights(self):
    space = search_spaces['prune_replace_dl']
    wide = grown(space)
    now = space.with_candidates(
      {
        'normal': (('conv_k7_d2', 'skip_connect'), *(('conv_k3_d1',),) * 13),
        'reduce': space.candidates['reduce'],
      }
    )
    weights = {
      'normal': np.array([[0.7, 0.3], *([[1.0, 0.0]] * 13)]),
      'reduce': np.full([14, 4], 0.25),
    }
    spread = spread_weights(
      weights, now, wide, {'normal': 'normal', 'reduce': 'reduce'}
    )
    names = wide.candidates['normal'][0]
    self.assertEqual(spread['normal'][0, names.index('conv_k7_d2')], 0.7)
    self.assertEqual(spread['normal'][0, names.index('skip_connect')], 0.3)
    for matrix in spread.values():
      np.testing.assert_allclose(matrix.sum(-1), 1)
      self.assertEqual(matrix.shape, (14, 15))


if __name__ == '__main__':
  absltest.main()
