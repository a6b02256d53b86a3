import numpy as np
from absl.testing import absltest, parameterized

from darts_tf.config.errors import InputError
from darts_tf.discretize import discretizations, discretize
from darts_tf.genotype import Genotype
from darts_tf.search_space import (
  DARTS,
  NAS_BENCH_201,
  S1,
  S3,
  S4,
  CellTopology,
  SearchSpace,
  register_search_space,
  same_candidates,
  search_spaces,
)
from darts_tf.search_space.darts import DARTS_CANDIDATES

_BOTH = {'normal': 'normal', 'reduce': 'reduce'}
_NONE, _MAX, _SKIP, _SEP = 0, 1, 3, 4


def _space(name, **options):
  """Registers a space under a name of these tests."""
  name = f'discretize_test_{name}'
  if name in search_spaces:
    return search_spaces[name]
  return register_search_space(SearchSpace(name=name, **options))


def _small_space(name, candidates, **options):
  """Two inputs, one node with two edges and one with three."""
  topology = CellTopology.dense(num_inputs=2, num_nodes=2)
  if isinstance(candidates[0], str):
    candidates = (candidates,) * 5
  return _space(
    name, topology=topology, candidates={'normal': candidates}, **options
  )


def _darts(normal):
  weights = {'normal': normal, 'reduce': np.full((14, 8), 1 / 8)}
  return discretize(DARTS, weights, _BOTH).cells['normal']


class DartsTest(parameterized.TestCase):
  def test_takes_the_two_strongest_by_falling_strength(self):
    weights = np.zeros((14, 8))
    weights[0, _SEP], weights[1, _MAX] = 0.2, 0.3  # into node 2
    weights[2, _MAX], weights[3, _SEP], weights[4, _SKIP] = 0.4, 0.1, 0.5
    weights[8, _SEP] = 0.6  # from node 3 to node 4
    cell = _darts(weights)
    self.assertEqual(
      cell.incoming(2), (('max_pool_3x3', 1, 2), ('sep_conv_3x3', 0, 2))
    )
    self.assertEqual(
      cell.incoming(3), (('skip_connect', 2, 3), ('max_pool_3x3', 0, 3))
    )
    self.assertEqual(
      cell.incoming(4), (('sep_conv_3x3', 3, 4), ('max_pool_3x3', 0, 4))
    )
    self.assertEqual(cell.output, (2, 3, 4, 5))

  def test_ties_go_to_the_lower_index(self):
    cell = _darts(np.full((14, 8), 1 / 8))
    self.assertEqual(
      cell.edges,
      tuple(
        ('max_pool_3x3', source, target)
        for target in range(2, 6)
        for source in range(2)
      ),
    )

  def test_none_is_never_chosen_but_takes_its_share(self):
    weights = np.full((14, 8), 0.01)
    # Edges 2, 3 and 4 lead to node 3. `none` wins on each.
    weights[2, [_NONE, _SEP]] = 0.90, 0.04
    weights[3, [_NONE, _SEP]] = 0.60, 0.34
    weights[4, [_NONE, _SKIP]] = 0.70, 0.24
    self.assertEqual(
      _darts(weights).incoming(3),
      (('sep_conv_3x3', 1, 3), ('skip_connect', 2, 3)),
    )

  def test_agrees_with_the_published_implementation(self):
    random = np.random.default_rng(0)
    for _ in range(20):
      # Coarse numbers, so that there are ties.
      weights = random.integers(0, 4, (14, 8)) / 4
      expected, start = [], 0
      for node in range(4):
        rows = weights[start : start + node + 2]
        sources = sorted(
          range(node + 2), key=lambda j, rows=rows: -max(rows[j][1:])
        )[:2]
        for source in sources:
          best = 1 + int(np.argmax(rows[source][1:]))
          expected.append((DARTS_CANDIDATES[best], source, node + 2))
        start += node + 2
      self.assertEqual(_darts(weights).edges, tuple(expected))

  def test_without_none(self):
    space = _small_space('s2', ('skip_connect', 'sep_conv_3x3'))
    weights = np.array(
      [[0.7, 0.3], [0.1, 0.9], [0.4, 0.6], [0.5, 0.5], [0.2, 0.8]]
    )
    genotype = discretize(space, {'normal': weights}, {'normal': 'normal'})
    self.assertEqual(
      genotype.cells['normal'].edges,
      (
        ('sep_conv_3x3', 1, 2),
        ('skip_connect', 0, 2),
        ('sep_conv_3x3', 2, 3),
        ('sep_conv_3x3', 0, 3),
      ),
    )

  def test_lists_of_s1(self):
    weights = np.full((14, 2), [0.6, 0.4])
    # Edges 9 to 13 lead to node 5; the last two have convolutions only.
    weights[9:] = [0.5, 0.5], [0.9, 0.1], [0.2, 0.8], [0.8, 0.2], [0.3, 0.7]
    cell = discretize(S1, {'normal': weights, 'reduce': weights}, _BOTH).cells
    self.assertEqual(
      cell['normal'].incoming(5),
      (('max_pool_3x3', 1, 5), ('dil_conv_3x3', 2, 5)),
    )
    self.assertEqual(
      cell['reduce'].incoming(5),
      (('max_pool_3x3', 1, 5), ('dil_conv_5x5', 2, 5)),
    )
    # All edges of node 4 are alike: the lower sources stay.
    self.assertEqual(
      cell['normal'].incoming(4),
      (('max_pool_3x3', 0, 4), ('skip_connect', 1, 4)),
    )

  def test_none_of_s3_takes_its_share_and_noise_of_s4_is_chosen(self):
    weights = np.tile([0.9, 0.06, 0.04], (14, 1))
    weights[1] = [0.1, 0.2, 0.7]
    genotype = discretize(S3, {'normal': weights, 'reduce': weights}, _BOTH)
    self.assertEqual(
      genotype.cells['normal'].incoming(2),
      (('sep_conv_3x3', 1, 2), ('skip_connect', 0, 2)),
    )
    weights = np.tile([0.6, 0.4], (14, 1))
    genotype = discretize(S4, {'normal': weights, 'reduce': weights}, _BOTH)
    self.assertEqual(
      {e.operation for e in genotype.cells['reduce'].edges}, {'noise'}
    )

  def test_lists_of_unequal_length(self):
    space = _small_space(
      's1',
      (
        ('skip_connect', 'dil_conv_3x3'),
        ('max_pool_3x3',),
        ('none', 'skip_connect', 'sep_conv_3x3'),
        ('max_pool_3x3', 'skip_connect'),
        ('none',),
      ),
    )
    # Padding must not be looked at, whatever it holds.
    weights = np.array(
      [
        [0.4, 0.6, 9],
        [1, 9, np.nan],
        [0.9, 0.06, 0.04],
        [0.3, 0.7, np.inf],
        [1, 9, 9],
      ]
    )
    genotype = discretize(space, {'normal': weights}, {'normal': 'normal'})
    self.assertEqual(
      genotype.cells['normal'].edges,
      (
        ('max_pool_3x3', 1, 2),
        ('dil_conv_3x3', 0, 2),
        ('skip_connect', 1, 3),
        ('skip_connect', 0, 3),
      ),
    )

  def test_all_inputs_kept(self):
    space = _small_space(
      'all', ('skip_connect', 'sep_conv_3x3'), inputs_per_node=None
    )
    genotype = discretize(
      space, {'normal': np.ones((5, 2))}, {'normal': 'normal'}
    )
    self.assertLen(genotype.cells['normal'].edges, 5)

  def test_own_cells(self):
    topology = CellTopology.dense(num_inputs=2, num_nodes=1)
    space = _space(
      'own',
      topology=topology,
      shared_cells=False,
      candidates=same_candidates(('skip_connect', 'sep_conv_3x3'), topology),
    )
    kinds = space.groups(3)
    weights = {group: np.eye(2) for group in kinds}
    weights['cell_01'] = np.eye(2)[::-1] * [1, 2]
    genotype = discretize(space, weights, kinds)
    self.assertEqual(list(genotype.cells), ['cell_00', 'cell_01', 'cell_02'])
    self.assertEqual(
      genotype.cells['cell_00'].edges,
      (('skip_connect', 0, 2), ('sep_conv_3x3', 1, 2)),
    )
    self.assertEqual(
      genotype.cells['cell_01'].edges,
      (('sep_conv_3x3', 0, 2), ('skip_connect', 1, 2)),
    )

  def test_json_round_trip(self):
    weights = np.random.default_rng(0).random((14, 8))
    genotype = discretize(DARTS, {'normal': weights, 'reduce': weights}, _BOTH)
    self.assertEqual(Genotype.from_json(genotype.to_json()), genotype)


class DiscretizeTest(parameterized.TestCase):
  def test_rule_is_the_spaces_unless_another_is_named(self):
    weights = {'normal': np.eye(6, 5)}
    kinds = {'normal': 'normal'}
    self.assertEqual(
      discretize(NAS_BENCH_201, weights, kinds),
      discretize(NAS_BENCH_201, weights, kinds, 'argmax'),
    )
    self.assertNotEqual(
      discretize(NAS_BENCH_201, weights, kinds),
      discretize(NAS_BENCH_201, weights, kinds, 'darts'),
    )

  def test_unknown_rule(self):
    with self.assertRaisesRegex(
      InputError,
      'Unknown discretization: expected one of argmax, .*darts.*'
      "Did you mean 'argmax'.*discretization='argmx'",
    ):
      discretize(DARTS, {}, {}, 'argmx')

  @parameterized.product(
    rule=['argmax', 'darts', 'fixed_edges'], value=[np.nan, np.inf]
  )
  def test_not_finite(self, rule, value):
    weights = np.full((14, 8), 1 / 8)
    bad = weights.copy()
    bad[3, _SEP] = value
    with self.assertRaisesRegex(
      InputError,
      "group 'reduce' are not finite at edge 3, candidate"
      f" 'sep_conv_3x3'.*Received: weight={value}",
    ):
      discretize(DARTS, {'normal': weights, 'reduce': bad}, _BOTH, rule)

  def test_shape(self):
    weights = {'normal': np.ones((14, 7)), 'reduce': np.ones((14, 8))}
    with self.assertRaisesRegex(
      InputError, r'\(edges, candidates\) = \(14, 8\).*shape=\(14, 7\)'
    ):
      discretize(DARTS, weights, _BOTH)

  @parameterized.parameters((1, 'normal', 3), (2, 'normal', 3))
  def test_too_few_cells(self, num_cells, missing, enough):
    kinds = DARTS.groups(num_cells)
    self.assertLen(kinds, 1)
    weights = {group: np.ones((14, 8)) for group in kinds}
    with self.assertRaisesRegex(
      InputError,
      f'no {missing} cell: num_cells is too small for search'
      f" space 'darts'; expected num_cells >= {enough}",
    ):
      discretize(DARTS, weights, kinds)

  def test_layout_that_never_has_all_kinds(self):
    topology = CellTopology.dense(num_inputs=1, num_nodes=1)
    space = _space(
      'never',
      topology=topology,
      macro=NAS_BENCH_201.macro,
      candidates=same_candidates(('skip_connect',), topology),
    )
    with self.assertRaisesRegex(InputError, 'expected a macro layout'):
      discretize(space, {'normal': np.ones((1, 1))}, {'normal': 'normal'})

  def test_groups(self):
    ones = np.ones((14, 8))
    with self.assertRaisesRegex(
      InputError, "No mixing weights for cell group 'reduce'"
    ):
      discretize(DARTS, {'normal': ones}, _BOTH)
    with self.assertRaisesRegex(InputError, "cell group='cell_00'"):
      discretize(
        DARTS, {'normal': ones, 'reduce': ones, 'cell_00': ones}, _BOTH
      )
    with self.assertRaisesRegex(InputError, "cell kind='reduction'"):
      discretize(DARTS, {'normal': ones}, {'normal': 'reduction'})

  def test_node_without_edges(self):
    space = _small_space(
      'nothing', (('none',), ('none',), ('none',), ('skip_connect',), ('none',))
    )
    found = discretize(space, {'normal': np.ones((5, 1))}, {'normal': 'normal'})
    cell = found.cells['normal']
    self.assertEqual(cell.edges, (('skip_connect', 1, 3),))
    self.assertEqual(cell.live(2).output, (3,))
    space = _small_space('nowhere', (('none',),) * 5)
    with self.assertRaisesRegex(InputError, 'A cell needs edges'):
      discretize(space, {'normal': np.ones((5, 1))}, {'normal': 'normal'})

  def test_registry(self):
    self.assertContainsSubset(
      ['argmax', 'darts', 'fixed_edges'], list(discretizations)
    )


if __name__ == '__main__':
  absltest.main()
