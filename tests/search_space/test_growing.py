import dataclasses

from absl.testing import absltest, parameterized

from darts_tf.config.errors import InputError
from darts_tf.discretize import random_genotype
from darts_tf.search_space import (
  GrowingSpace,
  Growth,
  SearchSpace,
  search_spaces,
)


class GrowingSpaceTest(parameterized.TestCase):
  def test_whole(self):
    for name, convolutions in (('dl', 12), ('dr', 32), ('ur', 73)):
      space = search_spaces[f'prune_replace_{name}']
      whole = space.whole()
      for names, more in zip(
        space.candidates['reduce'], whole.candidates['reduce']
      ):
        self.assertEqual(more[: len(names)], names)
        self.assertLen(set(more), convolutions + 3)
        for operation in more:
          self.assertTrue(space.offers('reduce', 0, operation))
      self.assertIs(whole.whole(), whole)
      self.assertIs(type(whole), SearchSpace)
      self.assertEqual(whole.name, space.name)
      self.assertTrue(space.is_within(whole))
      self.assertFalse(whole.is_within(space))

  def test_offers(self):
    dl, ur = (search_spaces[f'prune_replace_{n}'] for n in ('dl', 'ur'))
    for space, name, offered in (
      (dl, 'conv_k7_d2_m1', True),
      (dl, 'conv_k7_d2_m2', False),
      (dl, 'conv_k1_d1', False),
      (ur, 'conv_k1_d1_m2-3-4', True),
      (ur, 'conv_k1_d2', False),
      (ur, 'conv_k9_d1', False),
      (dl, 'skip_connect', True),
      (dl, 'max_pool_5x5', False),
      (dl, 'none', False),
      (search_spaces['darts'], 'conv_k3_d1', False),
    ):
      self.assertEqual(space.offers('normal', 0, name), offered, name)

  def test_other_candidates_of_the_same_space(self):
    space = search_spaces['prune_replace_dr']
    now = space.with_candidates(
      {kind: (('conv_k5_d1',),) * 14 for kind in ('normal', 'reduce')}
    )
    self.assertIs(type(now), GrowingSpace)
    self.assertEqual(now.growth, space.growth)
    self.assertTrue(now.offers('normal', 0, 'conv_k7_d1_m5'))

  def test_restrictions_that_exclude_the_first_pool(self):
    with self.assertRaisesRegex(
      InputError, "exclude a candidate .* Received: candidate='conv_k3_d1'"
    ):
      dataclasses.replace(
        search_spaces['prune_replace_dl'], growth=Growth(kernels=(5, 7))
      )

  def test_random_genotypes_are_of_the_whole(self):
    space = search_spaces['prune_replace_dr']
    names = {
      edge.operation
      for seed in range(40)
      for edge in random_genotype(space, seed).cells['normal'].edges
    }
    self.assertGreater(len(names), 25)
    self.assertIn('max_pool_3x3', names)


class OtherSpacesTest(absltest.TestCase):
  def test_whole_is_the_space(self):
    for name in ('darts', 'nas_bench_201', 'amended_s2'):
      space = search_spaces[name]
      self.assertIs(space.whole(), space)
      self.assertTrue(space.is_within(space))

  def test_growth_is_no_field(self):
    self.assertNotIn(
      'growth', {field.name for field in dataclasses.fields(SearchSpace)}
    )
    self.assertFalse(hasattr(search_spaces['darts'], 'growth'))

  def test_within(self):
    space = search_spaces['nas_bench_201']
    fewer = space.with_candidates(
      {'normal': (('skip_connect',), *space.candidates['normal'][1:])}
    )
    self.assertTrue(fewer.is_within(space))
    self.assertFalse(space.is_within(fewer))


if __name__ == '__main__':
  absltest.main()
