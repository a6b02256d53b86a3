import importlib
import subprocess
import sys

from absl.testing import absltest, parameterized

import darts_tf

_MODULES = ('data', 'export', 'interop', 'layers', 'models', 'visualize')


class PackageTest(parameterized.TestCase):
  @parameterized.parameters(*darts_tf.__all__)
  def test_every_name_is_found(self, name):
    value = getattr(darts_tf, name)
    self.assertIn(name, dir(darts_tf))
    if name in _MODULES:
      self.assertIs(value, importlib.import_module(f'darts_tf.{name}'))
    else:
      self.assertEqual(value.__name__, name)

  def test_other_names_are_refused(self):
    with self.assertRaisesRegex(AttributeError, "no attribute 'Genotypes'"):
      _ = darts_tf.Genotypes

  def test_genotypes_need_no_tensorflow(self):
    program = (
      'import sys; import darts_tf;'
      ' assert "Genotype" in dir(darts_tf);'
      ' genotype = darts_tf.load_genotype("DARTS_V2");'
      ' assert "normal" in genotype.cells;'
      ' sys.exit("tensorflow" in sys.modules or "keras" in sys.modules)'
    )
    done = subprocess.run(
      [sys.executable, '-c', program], capture_output=True, text=True
    )
    self.assertEqual(done.returncode, 0, done.stderr)

  def test_genotypes_are_data(self):
    program = (
      'import sys; import darts_tf.genotype;'
      ' genotype = darts_tf.genotype.load_genotype("DARTS_V2");'
      ' assert "darts_tf.search_space" not in sys.modules;'
      ' from darts_tf.search_space import space_of;'
      ' assert space_of(genotype).name == "darts";'
      ' sys.exit("tensorflow" in sys.modules or "darts_tf.layers" in'
      ' sys.modules)'
    )
    done = subprocess.run(
      [sys.executable, '-c', program], capture_output=True, text=True
    )
    self.assertEqual(done.returncode, 0, done.stderr)


if __name__ == '__main__':
  absltest.main()
