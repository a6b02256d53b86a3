import collections

from absl.testing import absltest, parameterized

from darts_tf.discretize.random_genotype import find_genotype, random_genotype
from darts_tf.errors import InputError
from darts_tf.published import published_genotype
from darts_tf.search_space import DARTS, NAS_BENCH_201


class RandomGenotypeTest(parameterized.TestCase):

  def test_same_seed_same_genotype(self):
    self.assertEqual(random_genotype(DARTS, 3), random_genotype(DARTS, 3))
    self.assertNotEqual(random_genotype(DARTS, 3), random_genotype(DARTS, 4))

  def test_every_operation_and_source_is_equally_likely(self):
    operations = collections.Counter()
    sources = collections.Counter()
    for seed in range(700):
      edges = random_genotype(DARTS, seed).cells['normal'].edges
      operations.update(edge.operation for edge in edges)
      sources.update(edge.source for edge in edges if edge.target == 5)
    self.assertLen(operations, 7)  # All but `none`.
    for count in operations.values():
      self.assertBetween(count, 650, 950)  # 5600 draws of 7: 800 +- 26.
    self.assertLen(sources, 5)
    for count in sources.values():
      self.assertBetween(count, 200, 360)  # 1400 draws of 5: 280 +- 13.

  def test_all_edges_of_nas_bench_201(self):
    edges = random_genotype(NAS_BENCH_201, 0).cells['normal'].edges
    self.assertLen(edges, 6)

  def test_found_by_name(self):
    self.assertEqual(
        find_genotype('random:darts:7'), random_genotype(DARTS, 7))
    self.assertEqual(
        find_genotype('DARTS_V2'), published_genotype('DARTS_V2'))

  @parameterized.parameters('random:darts', 'random:darts:x', 'random:')
  def test_refused_without_a_seed(self, text):
    with self.assertRaisesRegex(InputError, 'expected random:SPACE:SEED'):
      find_genotype(text)

  def test_refused_in_an_unknown_space(self):
    with self.assertRaisesRegex(InputError, "Did you mean 'darts'"):
      find_genotype('random:dart:0')


if __name__ == '__main__':
  absltest.main()
