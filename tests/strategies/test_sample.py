import collections

import tiny_runs
from absl.testing import absltest, parameterized

from darts_tf.config.errors import InputError
from darts_tf.search_space import search_spaces
from darts_tf.strategies.sample import sample_genotypes

ALL = 3**3  # of the tiny space: three edges with three candidates


class SampleTest(parameterized.TestCase):
  @parameterized.parameters(*search_spaces)
  def test_every_space(self, name):
    space = search_spaces[name]
    genotypes = sample_genotypes(space, 5, 1, 4)
    self.assertLen(set(genotypes), 5)
    for genotype in genotypes:
      search_spaces[name].check(genotype)
      if not space.shared_cells:
        self.assertLen(genotype.cells, 4)

  def test_seeds(self):
    draw = lambda *args: sample_genotypes(search_spaces['darts'], *args)
    self.assertEqual(draw(6, 3)[:4], draw(4, 3))
    self.assertNoCommonElements(draw(4, 3), draw(4, 4))

  def test_a_whole_space_and_more(self):
    self.assertLen(set(sample_genotypes(tiny_runs.SPACE, ALL, 0)), ALL)
    with self.assertRaisesRegex(
      InputError, f'at most {ALL}. Received: num_samples={ALL + 1}'
    ):
      sample_genotypes(tiny_runs.SPACE, ALL + 1, 0)

  def test_uniform(self):
    counts = collections.Counter(
      genotype
      for seed in range(300)
      for genotype in sample_genotypes(tiny_runs.SPACE, 9, seed)
    )
    # Each is among the 9 of 27 with probability 1/3: 100 times of 300, with
    # a standard deviation of sqrt(300 * 2/9) = 8.2.
    self.assertLen(counts, ALL)
    self.assertBetween(min(counts.values()), 100 - 41, 100)
    self.assertBetween(max(counts.values()), 100, 100 + 41)


if __name__ == '__main__':
  absltest.main()
