import itertools

import numpy as np
from absl.testing import absltest, parameterized

from darts_tf.discretize import Argmax, FixedEdges, discretize, random_genotype
from darts_tf.discretize.choices import (
  assemble,
  canonical,
  genotype_groups,
  node_choices,
  num_architectures,
)
from darts_tf.genotype import CellGenotype, Genotype
from darts_tf.search_space import search_spaces


class ChoicesTest(parameterized.TestCase):
  @parameterized.parameters(
    # Published counts: arXiv:2001.00326, and arXiv:1806.09055, A.2, whose
    # 10^18 architectures are the square of this many cells.
    ('nas_bench_201', 5**6),
    ('darts', (1 * 3 * 6 * 10 * 7**8) ** 2),
  )
  def test_number_of_architectures(self, name, expected):
    self.assertEqual(num_architectures(search_spaces[name]), expected)

  def test_every_architecture_of_a_small_space_is_met_once(self):
    space = search_spaces['nas_bench_201']
    found = {
      assemble(space, {'normal': list(itertools.chain(*options))})
      for options in itertools.product(
        *(choice.options() for choice in node_choices(space))
      )
    }
    self.assertLen(found, 5**6)

  @parameterized.parameters(
    'darts', 'nas_bench_201', 'course', 'amended_s1', 'amended_s2', 's1'
  )
  def test_rules_derive_what_there_is_a_choice_of(self, name):
    space = search_spaces[name]
    for seed in range(5):
      genotype = canonical(random_genotype(space, seed))
      for choice in node_choices(space):
        edges = genotype.cells[choice.group].incoming(choice.node)
        self.assertIn(edges, list(choice.options()))

  def test_canonical_orders_edges_only(self):
    space = search_spaces['darts']
    groups = genotype_groups(space)
    weights = {
      group: np.random.default_rng(3).random(space.candidate_mask(kind).shape)
      for group, kind in groups.items()
    }
    genotype = discretize(space, weights, groups)
    ordered = canonical(genotype)
    self.assertNotEqual(genotype, ordered)
    for name, cell in genotype.cells.items():
      self.assertCountEqual(cell.edges, ordered.cells[name].edges)
    self.assertEqual(canonical(ordered), ordered)

  def test_canonical_leaves_out_what_is_missing(self):
    edges = [('skip_connect', 0, 2), ('sep_conv_3x3', 0, 2)]
    dead = [('sep_conv_3x3', 4, 5)]
    make = lambda edges, output: Genotype(
      'darts', dict.fromkeys(('normal', 'reduce'), CellGenotype(edges, output))
    )
    expected = make(edges[::-1], (2,))
    self.assertEqual(canonical(make(edges + dead, (2, 4, 5))), expected)
    # Whatever the order of two operations between the same nodes.
    self.assertEqual(canonical(make(edges[::-1], (2,))), expected)

  def test_models_of_other_rules(self):
    space = search_spaces['darts']
    whole = node_choices(space, model=Argmax().model)
    self.assertEqual([choice.kept for choice in whole], [2, 3, 4, 5] * 2)
    self.assertEqual([len(choice) for choice in whole[:1]], [8**2])
    fixed = node_choices(space, model=FixedEdges().model)
    self.assertEqual([len(choice) for choice in fixed[:1]], [7**2])


if __name__ == '__main__':
  absltest.main()
