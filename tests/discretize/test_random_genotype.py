import collections

from absl.testing import absltest, parameterized

from darts_tf.discretize.random_genotype import random_genotype
from darts_tf.search_space import AMENDED_S2, DARTS, NAS_BENCH_201, S1


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

  def test_own_operations_of_edges(self):
    for kind, cell in random_genotype(S1, 0).cells.items():
      for edge in cell.edges:
        index = S1.topology.edges.index((edge.source, edge.target))
        self.assertIn(edge.operation, S1.candidates[kind][index])

  def test_cells_of_their_own(self):
    genotype = random_genotype(AMENDED_S2, 0)
    self.assertEqual(list(genotype.cells), [f'cell_{i:02d}' for i in range(20)])
    # Each is drawn for itself: 20 of 2^8 cells.
    self.assertGreater(len(set(genotype.cells.values())), 10)
    self.assertLen(random_genotype(AMENDED_S2, 0, 5).cells, 5)


if __name__ == '__main__':
  absltest.main()
