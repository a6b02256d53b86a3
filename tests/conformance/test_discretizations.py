"""Each discretization rule in each search space."""

import numpy as np
from absl.testing import absltest, parameterized
from conformance_cases import RULES, SPACES, fewest_cells

from darts_tf.config.errors import InputError
from darts_tf.discretize import discretize
from darts_tf.genotype import Genotype
from darts_tf.search_space import search_spaces

DRAWS = 20


class DiscretizationContracts(parameterized.TestCase):
  @parameterized.product(space=SPACES, rule=RULES)
  def test_random_mixing_weights(self, space, rule):
    """Random weights give a valid genotype, or a clear `InputError`."""
    value = search_spaces[space]
    kinds = value.groups(fewest_cells(space))
    draw = np.random.default_rng(0)
    found = set()
    for _ in range(DRAWS):
      weights = {
        group: draw.random(value.candidate_mask(kind).shape)
        for group, kind in kinds.items()
      }
      try:
        genotype = discretize(value, weights, kinds, rule)
      except InputError as error:
        self.assertRegex(str(error), r'^[^\n]*expected[^\n]*Received: .*$')
        # The space's own rule has no excuse.
        self.assertNotEqual(rule, value.discretization, str(error))
        continue
      search_spaces[space].check(genotype)
      self.assertCountEqual(genotype.cells, kinds)
      for cell in genotype.cells.values():
        self.assertEqual(cell.output, value.topology.output)
        self.assertLen(set(cell.edges), len(cell.edges))
      self.assertEqual(Genotype.from_json(genotype.to_json()), genotype)
      # Weights decide, nothing else.
      self.assertEqual(discretize(value, weights, kinds, rule), genotype)
      found.add(genotype)
    self.assertGreater(len(found), DRAWS // 2)


if __name__ == '__main__':
  absltest.main()
