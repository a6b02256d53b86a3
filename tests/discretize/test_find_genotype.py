import pathlib
import tempfile

from absl.testing import absltest, parameterized

from darts_tf.config.errors import InputError
from darts_tf.discretize import find_genotype, random_genotype
from darts_tf.genotype import CellGenotype, Genotype
from darts_tf.genotype.published import published_genotype
from darts_tf.search_space import AMENDED_S2, DARTS


class FindGenotypeTest(parameterized.TestCase):
  def test_a_cell_for_each_position(self):
    self.assertEqual(
      find_genotype('random:amended_s2:3:5'), random_genotype(AMENDED_S2, 3, 5)
    )

  def test_a_file_is_checked_in_its_space(self):
    with tempfile.TemporaryDirectory() as directory:
      path = pathlib.Path(directory) / 'genotype.json'
      published_genotype('DARTS_V1').save(path)
      self.assertEqual(find_genotype(str(path)), published_genotype('DARTS_V1'))
      cell = CellGenotype((('sep_conv_3x4', 0, 2),), (2,))
      Genotype('darts', {'normal': cell, 'reduce': cell}).save(path)
      with self.assertRaisesRegex(
        InputError, "Unknown operation: .*'sep_conv_3x4', path='.*json'$"
      ) as caught:
        find_genotype(str(path))
    self.assertNotIn('\n', str(caught.exception))

  def test_found_by_name(self):
    self.assertEqual(find_genotype('random:darts:7'), random_genotype(DARTS, 7))
    self.assertEqual(find_genotype('DARTS_V2'), published_genotype('DARTS_V2'))

  @parameterized.parameters(
    'random:darts',
    'random:darts:x',
    'random:',
    'random:darts:0:x',
    'random:amended_s2:0:5:1',
  )
  def test_refused_without_a_seed(self, text):
    with self.assertRaisesRegex(InputError, 'expected random:SPACE:SEED'):
      find_genotype(text)

  def test_refused_with_a_wrong_number_of_cells(self):
    with self.assertRaisesRegex(
      InputError,
      "'darts' share .*expected random:darts:0. Received:"
      " genotype='random:darts:0:8'",
    ):
      find_genotype('random:darts:0:8')
    with self.assertRaisesRegex(InputError, 'at least one.*:0:0'):
      find_genotype('random:amended_s2:0:0')

  def test_refused_in_an_unknown_space(self):
    with self.assertRaisesRegex(InputError, "Did you mean 'darts'"):
      find_genotype('random:dart:0')


if __name__ == '__main__':
  absltest.main()
