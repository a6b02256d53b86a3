"""The genotypes that a search space accepts or refuses."""

from absl.testing import absltest, parameterized

from darts_tf.config.errors import InputError
from darts_tf.discretize import random_genotype
from darts_tf.genotype import CellGenotype, Genotype, load_genotype
from darts_tf.genotype.published import PUBLISHED
from darts_tf.search_space import (
  AMENDED_S1,
  AMENDED_S2,
  COURSE,
  DARTS,
  CellTopology,
  SearchSpace,
  register_search_space,
  same_candidates,
  search_spaces,
  space_of,
)

_EDGES = (
  ('sep_conv_3x3', 1, 2),
  ('skip_connect', 0, 2),
  ('skip_connect', 2, 3),
)
_OTHER = CellGenotype(
  (('skip_connect', 0, 2), ('max_pool_3x3', 2, 3), ('none', 1, 3)), (3,)
)


def _genotype(edges=_EDGES, output=(2, 3), space='darts'):
  return Genotype(
    space, {'normal': CellGenotype(edges, output), 'reduce': _OTHER}
  )


def checked(search_space, cells):
  """Makes a genotype and checks it."""
  space_of(Genotype(search_space, cells))


def _space_with_own_cells():
  name = 'genotype_test_own_cells'
  if name in search_spaces:
    return search_spaces[name]
  topology = CellTopology(
    num_inputs=2, num_nodes=2, edges=((0, 2), (1, 2), (2, 3)), output=(2, 3)
  )
  return register_search_space(
    SearchSpace(
      name=name,
      topology=topology,
      shared_cells=False,
      candidates=same_candidates(('skip_connect', 'unbuilt'), topology),
    )
  )


def _own_cell():
  return CellGenotype((('skip_connect', 0, 2), ('skip_connect', 2, 3)), (2, 3))


class CheckTest(parameterized.TestCase):
  @parameterized.parameters(*PUBLISHED)
  def test_published_genotypes(self, name):
    genotype = load_genotype(name)
    self.assertIs(space_of(genotype), search_spaces[genotype.search_space])

  def test_another_space(self):
    DARTS.check(_genotype())
    with self.assertRaisesRegex(
      InputError, "expected 'course'. Received: search_space='darts'"
    ):
      COURSE.check(_genotype())

  def test_any_number_of_inputs(self):
    # Nodes 4 and 5 have none; two operations join nodes 0 and 2.
    DARTS.check(_genotype((*_EDGES, ('sep_conv_5x5', 0, 2)), (2, 3, 4, 5)))
    DARTS.check(
      _genotype([('skip_connect', s, 5) for s in range(5)], (2, 3, 4, 5))
    )

  @parameterized.named_parameters(
    (
      'operation',
      [('sep_conv_3x4', 0, 2)],
      (2,),
      "Unknown operation: expected one of .*'sep_conv_3x3'",
    ),
    (
      'other_spaces_operation',
      [('sep_conv_7x7', 0, 2)],
      (2,),
      "Unknown operation: .*operation='sep_conv_7x7'",
    ),
    (
      'target_beyond',
      [('none', 0, 6)],
      (2,),
      "Missing node in cell 'normal': .* no node 6; expected nodes from 0 to 5",
    ),
    ('output_beyond', _EDGES, (2, 9), 'Missing node .*Received: node=9'),
    ('into_input', [('none', 0, 1)], (2,), 'leads into input node 1'),
    ('output_input', _EDGES, (1, 2), 'output .* holds input node 1'),
    ('no_output', [('none', 2, 3)], (3,), 'The cell has no output: .*edges='),
    (
      'unfed_output',
      _EDGES,
      (4, 5),
      r"no output: .*output=\[4, 5\], cell='normal'",
    ),
  )
  def test_not_in_space(self, edges, output, message):
    with self.assertRaisesRegex(InputError, message) as caught:
      space_of(_genotype(edges, output))
    self.assertNotIn('\n', str(caught.exception))

  def test_unknown_space(self):
    with self.assertRaisesRegex(
      InputError, "Unknown search_space: .*Did you mean 'darts'"
    ):
      space_of(_genotype(space='dart'))

  def test_cell_names(self):
    with self.assertRaisesRegex(
      InputError, "Missing cell 'reduce' .*cells=.'normal'"
    ):
      space_of(Genotype('darts', {'normal': _OTHER}))
    with self.assertRaisesRegex(InputError, "Unknown cell: .*'cell_00'"):
      space_of(
        Genotype(
          'darts', {'normal': _OTHER, 'reduce': _OTHER, 'cell_00': _OTHER}
        )
      )
    with self.assertRaisesRegex(InputError, "Missing cell 'normal'"):
      space_of(Genotype('nas_bench_201', {}))

  def test_own_cells(self):
    space = _space_with_own_cells()
    names = [f'cell_{i:02d}' for i in range(4)]
    cells = {name: _own_cell() for name in names}
    genotype = Genotype(space.name, cells)
    self.assertEqual(Genotype.from_json(genotype.to_json()), genotype)
    self.assertEqual(list(genotype.cells), names)
    space.check(genotype, 4)
    del cells['cell_01']
    with self.assertRaisesRegex(InputError, "Missing cell 'cell_01'"):
      space_of(Genotype(space.name, cells))
    with self.assertRaisesRegex(InputError, "Missing cell 'cell_00'"):
      space_of(Genotype(space.name, {}))
    with self.assertRaisesRegex(InputError, "Unknown cell: .*cell='normal'"):
      space_of(
        Genotype(space.name, {'cell_00': _own_cell(), 'normal': _own_cell()})
      )

  def test_absent_edge_and_unbuilt_operation(self):
    name = _space_with_own_cells().name
    with self.assertRaisesRegex(
      InputError, 'no edge from node 1 to node 3; expected one of 0-2, 1-2'
    ):
      space_of(
        Genotype(
          name, {'cell_00': CellGenotype([('skip_connect', 1, 3)], (3,))}
        )
      )
    with self.assertRaisesRegex(InputError, "operation='unbuilt'"):
      space_of(
        Genotype(name, {'cell_00': CellGenotype([('unbuilt', 1, 2)], (2,))})
      )


class SharingTest(absltest.TestCase):
  def assert_refused(self, message, call, *arguments):
    with self.assertRaisesRegex(InputError, message) as caught:
      call(*arguments)
    self.assertNotIn('\n', str(caught.exception))

  def test_a_cell_for_each_position_where_kinds_are_shared(self):
    cells = random_genotype(AMENDED_S2, 0).cells
    self.assert_refused(
      "a cell for each position, but search space 'amended_s1' has one for"
      ' each kind.*expected the cells normal, reduce. Received:'
      r" cells=\['cell_00', 'cell_01', …, 'cell_19'\]",
      checked,
      'amended_s1',
      cells,
    )

  def test_a_cell_for_each_kind_where_positions_have_their_own(self):
    cells = random_genotype(AMENDED_S1, 0).cells
    self.assert_refused(
      "a cell for each kind, but search space 'amended_s2' has one for"
      ' each position; expected the cells cell_00, cell_01, …. Received:'
      r" cells=\['normal', 'reduce'\]",
      checked,
      'amended_s2',
      cells,
    )
    self.assert_refused(
      'a cell for each kind', checked, 'amended_s2', {'normal': cells['normal']}
    )

  def test_a_gap(self):
    cells = dict(random_genotype(AMENDED_S2, 0, 12).cells)
    del cells['cell_04']
    self.assert_refused(
      "Missing cell 'cell_04' of search space 'amended_s2'; expected the"
      r' cells cell_00, cell_01, …, cell_10. Received',
      checked,
      'amended_s2',
      cells,
    )

  def test_number_of_cells(self):
    genotype = random_genotype(AMENDED_S2, 0, 5)
    AMENDED_S2.check(genotype, 5)
    AMENDED_S1.check(random_genotype(AMENDED_S1, 0), 5)
    for cells in (4, 6):
      self.assert_refused(
        'for each of its 5 cells; expected a network of as many. Received:'
        f' cells={cells}',
        AMENDED_S2.check,
        genotype,
        cells,
      )


if __name__ == '__main__':
  absltest.main()
