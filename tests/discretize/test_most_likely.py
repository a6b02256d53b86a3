import itertools

import numpy as np
from absl.testing import absltest, parameterized

from darts_tf.config.errors import InputError
from darts_tf.discretize import discretize
from darts_tf.discretize.choices import (
  assemble,
  canonical,
  genotype_groups,
  node_choices,
)
from darts_tf.discretize.most_likely import Limit, most_likely
from darts_tf.genotype import Edge
from darts_tf.search_space import search_spaces


def random_weights(space, seed):
  draw = np.random.default_rng(seed)
  weights = {}
  for group, kind in genotype_groups(space).items():
    p = draw.random(space.candidate_mask(kind).shape)
    weights[group] = p / p.sum(-1, keepdims=True)
  return weights


def likelihood(space, weights, genotype):
  total = 0.0
  for group, kind in genotype_groups(space).items():
    for name, *pair in genotype.cells[group].edges:
      row = space.topology.edges.index(tuple(pair))
      total += np.log(
        weights[group][row, space.candidates[kind][row].index(name)]
      )
  return total


def convolutions(space, largest):
  """A limit on the number of convolutions of 3x3."""
  return Limit(
    'convolutions',
    largest,
    0,
    {
      (choice.group, Edge(name, source, choice.node)): 1000
      * (name == 'nor_conv_3x3')
      for choice in node_choices(space)
      for source, names in zip(choice.sources, choice.operations)
      for name in names
    },
  )


class MostLikelyTest(parameterized.TestCase):
  @parameterized.parameters(
    'darts', 'nas_bench_201', 'course', 'amended_s1', 'amended_s2', 's1'
  )
  def test_the_first_is_what_the_rule_derives(self, name):
    space = search_spaces[name]
    for seed in range(3):
      weights = random_weights(space, seed)
      expected = discretize(space, weights, genotype_groups(space))
      self.assertEqual(most_likely(space, weights), [canonical(expected)])

  def test_ranks_and_limits_are_those_of_all_architectures(self):
    space = search_spaces['nas_bench_201']
    weights = random_weights(space, 5)
    everything = [
      assemble(space, {'normal': list(itertools.chain(*options))})
      for options in itertools.product(
        *(choice.options() for choice in node_choices(space))
      )
    ]
    everything.sort(key=lambda g: -likelihood(space, weights, g))
    self.assertEqual(most_likely(space, weights, 12), everything[:12])
    limit = convolutions(space, 1000)
    allowed = [
      g
      for g in everything
      if sum(e.operation == 'nor_conv_3x3' for e in g.cells['normal'].edges)
      <= 1
    ]
    self.assertNotEqual(allowed[:12], everything[:12])
    self.assertEqual(most_likely(space, weights, 12, [limit]), allowed[:12])
    # Just below what one of them costs.
    none = [g for g in allowed if 'nor_conv_3x3' not in str(g.cells)]
    self.assertEqual(
      most_likely(space, weights, 3, [convolutions(space, 999.999)]), none[:3]
    )

  def test_fewer_where_there_are_no_more(self):
    space = search_spaces['nas_bench_201']
    cheap = convolutions(space, 0)
    only = Limit(
      'cost',
      0,
      0,
      {
        key: int(key[1].operation not in ('none', 'skip_connect'))
        for key in cheap.edges
      },
    )
    found = most_likely(space, random_weights(space, 0), 100, [only])
    self.assertLen(set(found), 2**6)

  def test_a_limit_that_nothing_meets(self):
    space = search_spaces['nas_bench_201']
    edges = {key: 7 for key in convolutions(space, 0).edges}
    with self.assertRaisesRegex(
      InputError,
      'expected max_parameters of at least 52. Received: max_parameters=51',
    ):
      most_likely(
        space,
        random_weights(space, 0),
        1,
        [Limit('max_parameters', 51.0, 10, edges)],
      )


if __name__ == '__main__':
  absltest.main()
