import numpy as np
from absl.testing import absltest

from darts_tf.config.errors import InputError
from darts_tf.discretize import discretize
from darts_tf.search_space import (
  AMENDED_S1,
  AMENDED_S2,
  S1,
  CellTopology,
  SearchSpace,
  register_search_space,
)

_BOTH = {'normal': 'normal', 'reduce': 'reduce'}


def _space(name, candidates):
  """One node with two edges, the second with several operations."""
  topology = CellTopology.dense(num_inputs=2, num_nodes=1)
  return register_search_space(
    SearchSpace(
      name=f'fixed_edges_test_{name}',
      topology=topology,
      candidates={'normal': candidates},
      discretization='fixed_edges',
    )
  )


class FixedEdgesTest(absltest.TestCase):
  def test_nothing_is_removed_and_the_order_is_that_of_the_space(self):
    names = AMENDED_S1.candidates['normal'][0]
    # Weak edges stay: their operation alone is asked for.
    weights = np.full((8, 7), 0.01)
    best = [3, 0, 6, 2, 5, 1, 4, 3]
    weights[range(8), best] = 0.02, 0.9, 0.02, 0.9, 0.02, 0.9, 0.02, 0.9
    genotype = discretize(
      AMENDED_S1, {'normal': weights, 'reduce': np.eye(8, 7)}, _BOTH
    )
    self.assertEqual(
      genotype.cells['normal'].edges,
      tuple(
        (names[k], *edge) for k, edge in zip(best, AMENDED_S1.topology.edges)
      ),
    )
    self.assertEqual(genotype.cells['normal'].output, (2, 3, 4, 5))
    self.assertEqual(
      [edge.operation for edge in genotype.cells['reduce'].edges],
      [*names, names[0]],
    )

  def test_ties_go_to_the_lower_index(self):
    weights = np.full((8, 7), 1 / 7)
    weights[3, [2, 4]] = 0.3
    genotype = discretize(
      AMENDED_S1, {'normal': weights, 'reduce': weights}, _BOTH
    )
    operations = [e.operation for e in genotype.cells['normal'].edges]
    self.assertEqual(operations[3], AMENDED_S1.candidates['normal'][3][2])
    self.assertEqual(set(operations[:3] + operations[4:]), {'max_pool_3x3'})

  def test_each_cell_by_its_own_weights(self):
    kinds = AMENDED_S2.groups(5)
    draw = np.random.default_rng(0)
    weights = {group: draw.random((8, 2)) for group in kinds}
    genotype = discretize(AMENDED_S2, weights, kinds)
    self.assertEqual(list(genotype.cells), [f'cell_{i:02d}' for i in range(5)])
    for group, cell in genotype.cells.items():
      for edge, pair, row in zip(
        cell.edges, AMENDED_S2.topology.edges, weights[group]
      ):
        name = ('skip_connect', 'sep_conv_3x3')[int(row[1] > row[0])]
        self.assertEqual(edge, (name, *pair))

  def test_s1_lists(self):
    draw = np.random.default_rng(1)
    weights = {kind: draw.random((14, 2)) for kind in _BOTH}
    genotype = discretize(S1, weights, _BOTH, 'fixed_edges')
    for kind, cell in genotype.cells.items():
      self.assertLen(cell.edges, 14)
      for edge, names, row in zip(
        cell.edges, S1.candidates[kind], weights[kind]
      ):
        self.assertEqual(edge.operation, names[int(row[1] > row[0])])

  def test_none_is_never_chosen_and_padding_never_read(self):
    space = _space(
      'none', (('skip_connect',), ('none', 'max_pool_3x3', 'sep_conv_3x3'))
    )
    weights = np.array([[0.1, 9, np.nan], [0.8, 0.1, 0.1]])
    genotype = discretize(space, {'normal': weights}, {'normal': 'normal'})
    self.assertEqual(
      genotype.cells['normal'].edges,
      (('skip_connect', 0, 2), ('max_pool_3x3', 1, 2)),
    )

  def test_an_edge_with_none_alone(self):
    space = _space('nothing', (('skip_connect',), ('none',)))
    with self.assertRaisesRegex(
      InputError,
      'other than none on edge 1-2 of the normal cell.'
      " Received: search_space='fixed_edges_test_nothing'",
    ):
      discretize(space, {'normal': np.ones((2, 1))}, {'normal': 'normal'})


if __name__ == '__main__':
  absltest.main()
