import dataclasses
import itertools
from unittest import mock

import numpy as np
from absl.testing import absltest, parameterized

from darts_tf.config.errors import InputError
from darts_tf.discretize import Argmax, discretizations, discretize
from darts_tf.discretize.choices import (
  assemble,
  canonical,
  genotype_groups,
  node_choices,
)
from darts_tf.discretize.most_likely import Limit, check_limits, most_likely
from darts_tf.genotype import Edge
from darts_tf.search_space import CellTopology, SearchSpace, search_spaces


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


def operation_count(space, operation, largest):
  """A limit on the number of edges of an operation; `none` has no cost."""
  return Limit(
    operation,
    largest,
    0,
    {
      (choice.group, Edge(name, source, choice.node)): int(name == operation)
      for choice in node_choices(space)
      for source, names in zip(choice.sources, choice.operations)
      for name in names
      if name != 'none'
    },
  )


def skips_ahead(space):
  """Mixing weights whose skip connections have logits of 1.5, others 0."""
  draw = np.random.default_rng(0)
  weights = {}
  for kind, edges in space.candidates.items():
    logits = 0.01 * draw.random(space.candidate_mask(kind).shape)
    for row, names in enumerate(edges):
      logits[row, names.index('skip_connect')] += 1.5
    p = np.exp(logits)
    weights[kind] = p / p.sum(-1, keepdims=True)
  return weights


@dataclasses.dataclass(frozen=True)
class Own(Argmax):
  """A rule of which nobody knows what it can derive."""

  name = 'own'
  model = None


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

  def test_few_skip_connections(self):
    space = search_spaces['darts']
    weights = skips_ahead(space)
    plain = most_likely(space, weights)[0]
    self.assertEqual(plain.skip_connections('normal'), 8)
    (found,) = most_likely(space, weights, rule='skip_limited')
    self.assertEqual(found.skip_connections('normal'), 2)
    # Reduction cells are left as they are.
    self.assertEqual(found.cells['reduce'], plain.cells['reduce'])
    limit = operation_count(space, 'sep_conv_3x3', 3)
    (limited,) = most_likely(space, weights, 1, [limit], rule='skip_limited')
    self.assertLessEqual(limited.skip_connections('normal'), 2)

  def test_edges_that_can_only_skip_keep_it(self):
    names = (('skip_connect',),) * 2 + (('skip_connect', 'sep_conv_3x3'),) * 3
    topology = CellTopology.dense(2, 2)
    space = SearchSpace(
      name='forced_skips',
      topology=topology,
      candidates={'normal': names},
      discretization='skip_limited',
      inputs_per_node=3,
    )
    weights = {'normal': np.tile([0.9, 0.1], (5, 1))}
    with mock.patch.dict(search_spaces._values, {space.name: space}):
      found = most_likely(space, weights, 40)
    self.assertTrue(all(g.skip_connections('normal') == 2 for g in found))
    self.assertLen(found, 1)

  def test_fixed_edges_never_give_none(self):
    space = search_spaces['nas_bench_201']
    weights = {'normal': np.tile([0.9, 0.04, 0.03, 0.02, 0.01], (6, 1))}
    own = most_likely(space, weights)[0]
    self.assertEqual({e.operation for e in own.cells['normal'].edges}, {'none'})
    limit = operation_count(space, 'nor_conv_3x3', 0)
    for genotype in most_likely(
      space, weights, 20, [limit], rule='fixed_edges'
    ):
      edges = genotype.cells['normal'].edges
      self.assertLen(edges, 6)
      self.assertNotIn('none', [edge.operation for edge in edges])

  def test_argmax_in_darts(self):
    space = search_spaces['darts']
    weights = random_weights(space, 0)
    groups = genotype_groups(space)
    expected = canonical(discretize(space, weights, groups, 'argmax'))
    costs = operation_count(space, 'sep_conv_3x3', 1)
    self.assertLen(expected.cells['normal'].edges, 14)
    none = [e for e in expected.cells['normal'].edges if e.operation == 'none']
    self.assertNotEmpty(none)
    # `none` has no entry among the costs.
    self.assertNotIn(('normal', none[0]), costs.edges)
    self.assertFalse(costs.admits(expected))
    self.assertEqual(most_likely(space, weights, rule='argmax'), [expected])
    (limited,) = most_likely(space, weights, 1, [costs], rule='argmax')
    self.assertTrue(costs.admits(limited))
    self.assertNotEqual(limited, expected)

  def test_a_rule_that_is_not_known_so_well(self):
    space = search_spaces['nas_bench_201']
    limit = operation_count(space, 'nor_conv_3x3', 6)
    check_limits(space, [limit])
    with discretizations.scoped():
      discretizations.add(Own)
      for call in (
        lambda: check_limits(space, [limit], rule='own'),
        lambda: most_likely(space, random_weights(space, 0), rule='own'),
      ):
        with self.assertRaisesRegex(
          InputError, "one of the rules .*argmax.*discretization='own'"
        ) as caught:
          call()
        self.assertNotIn('\n', str(caught.exception))


if __name__ == '__main__':
  absltest.main()
