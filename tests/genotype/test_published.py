import subprocess
import sys

from absl.testing import absltest, parameterized

from darts_tf.config.errors import InputError
from darts_tf.genotype import Genotype
from darts_tf.genotype.published import PUBLISHED, published_genotype


class PublishedTest(parameterized.TestCase):
  @parameterized.parameters(*PUBLISHED)
  def test_two_edges_for_each_node(self, name):
    genotype = published_genotype(name)
    nodes = 5 if genotype.search_space == 'nasnet' else 4
    self.assertEqual(set(genotype.cells), {'normal', 'reduce'})
    for cell in genotype.cells.values():
      self.assertEqual(
        [edge.target for edge in cell.edges],
        [node for node in range(2, 2 + nodes) for _ in range(2)],
      )
    self.assertEqual(Genotype.from_json(genotype.to_json()), genotype)

  def test_names(self):
    self.assertCountEqual(
      PUBLISHED,
      (
        'NASNet',
        'AmoebaNet',
        'DARTS_V1',
        'DARTS_V2',
        'P_DARTS',
        'PC_DARTS_CIFAR',
      ),
    )

  def test_all_differ(self):
    self.assertLen(
      {published_genotype(name) for name in PUBLISHED}, len(PUBLISHED)
    )

  def test_darts_v2(self):
    cells = published_genotype('DARTS_V2').cells
    self.assertEqual(
      cells['normal'].edges,
      (
        ('sep_conv_3x3', 0, 2),
        ('sep_conv_3x3', 1, 2),
        ('sep_conv_3x3', 0, 3),
        ('sep_conv_3x3', 1, 3),
        ('sep_conv_3x3', 1, 4),
        ('skip_connect', 0, 4),
        ('skip_connect', 0, 5),
        ('dil_conv_3x3', 2, 5),
      ),
    )
    self.assertEqual(cells['reduce'].output, (2, 3, 4, 5))

  def test_outputs_may_skip_nodes(self):
    self.assertEqual(
      published_genotype('NASNet').cells['reduce'].output, (4, 5, 6)
    )
    self.assertEqual(
      published_genotype('AmoebaNet').cells['reduce'].output, (3, 4, 6)
    )

  def test_any_case(self):
    self.assertEqual(published_genotype('nasnet'), published_genotype('NASNet'))

  def test_unknown(self):
    with self.assertRaisesRegex(
      InputError, "Unknown genotype: .*Did you mean 'P_DARTS'"
    ):
      published_genotype('P_DART')

  def test_reading_a_genotype_needs_no_tensorflow(self):
    code = (
      'import sys; from darts_tf.genotype import load_genotype;'
      ' load_genotype("NASNet"); sys.exit("tensorflow" in sys.modules)'
    )
    self.assertEqual(subprocess.run([sys.executable, '-c', code]).returncode, 0)


if __name__ == '__main__':
  absltest.main()
