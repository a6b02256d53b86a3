"""Genotypes with a cell for each kind, or for each position."""

from absl.testing import absltest

from darts_tf.config.errors import InputError
from darts_tf.discretize import random_genotype
from darts_tf.genotype import Genotype
from darts_tf.genotype.checks import check_num_cells
from darts_tf.search_space import AMENDED_S1, AMENDED_S2


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
      Genotype,
      'amended_s1',
      cells,
    )

  def test_a_cell_for_each_kind_where_positions_have_their_own(self):
    cells = random_genotype(AMENDED_S1, 0).cells
    self.assert_refused(
      "a cell for each kind, but search space 'amended_s2' has one for"
      ' each position; expected the cells cell_00, cell_01, …. Received:'
      r" cells=\['normal', 'reduce'\]",
      Genotype,
      'amended_s2',
      cells,
    )
    self.assert_refused(
      'a cell for each kind',
      Genotype,
      'amended_s2',
      {'normal': cells['normal']},
    )

  def test_a_gap(self):
    cells = dict(random_genotype(AMENDED_S2, 0, 12).cells)
    del cells['cell_04']
    self.assert_refused(
      "Missing cell 'cell_04' of search space 'amended_s2'; expected the"
      r' cells cell_00, cell_01, …, cell_10. Received',
      Genotype,
      'amended_s2',
      cells,
    )

  def test_number_of_cells(self):
    genotype = random_genotype(AMENDED_S2, 0, 5)
    check_num_cells(genotype, 5)
    check_num_cells(random_genotype(AMENDED_S1, 0), 5)
    for cells in (4, 6):
      self.assert_refused(
        'for each of its 5 cells; expected a network of as many. Received:'
        f' cells={cells}',
        check_num_cells,
        genotype,
        cells,
      )


if __name__ == '__main__':
  absltest.main()
