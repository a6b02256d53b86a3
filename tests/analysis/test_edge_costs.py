import tensorflow as tf
from absl.testing import parameterized

from darts_tf.analysis.cost import describe_network
from darts_tf.analysis.edge_costs import EdgeCosts
from darts_tf.discretize import random_genotype
from darts_tf.models.network import Network
from darts_tf.search_space import search_spaces


class EdgeCostsTest(tf.test.TestCase, parameterized.TestCase):
  @parameterized.parameters(
    ('darts', 5),
    ('nas_bench_201', 3),
    ('course', 4),
    ('amended_s1', 3),
    ('amended_s2', 3),
  )
  def test_sums_are_what_networks_cost(self, name, cells):
    space = search_spaces[name]
    build = lambda genotype: Network(genotype, (16, 16, 3), 10, 4, cells)
    costs = EdgeCosts(space, build, cells)
    limits = costs.limits(1e6, 600e6)
    self.assertEqual(
      [limit.name for limit in limits], ['max_parameters', 'max_multiply_adds']
    )
    found = set()
    for seed in range(2):
      genotype = random_genotype(space, seed, cells)
      whole = describe_network(build(genotype))
      self.assertEqual(
        [limit.cost(genotype) for limit in limits],
        [whole['parameters'], whole['multiply_adds']],
      )
      found.add(whole['multiply_adds'])
    self.assertGreater(len(found), 1)
    self.assertEmpty(costs.limits())


if __name__ == '__main__':
  tf.test.main()
