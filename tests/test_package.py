import ast
import importlib
import inspect
import pathlib
import runpy
import subprocess
import sys
from unittest import mock

import setuptools
from absl.testing import absltest, parameterized

import darts_tf

_ROOT = pathlib.Path(darts_tf.__file__).parents[1]
# These load their names when they are first used.
_LAZY = ('darts_tf', 'darts_tf.tuner')


def stub(package):
  """The names in a package's stub: name to the module it comes from."""
  path = _ROOT / package.replace('.', '/') / '__init__.pyi'
  names = {}
  for node in ast.parse(path.read_text()).body:
    if isinstance(node, ast.ImportFrom):
      for alias in node.names:
        # What has no second name is not public to type checkers.
        assert alias.asname == alias.name, alias.name
        assert node.level == 1 and alias.name not in names, alias.name
        names[alias.name] = node.module
  return names


def package_of(path):
  return '.'.join(path.parent.relative_to(_ROOT).parts)


NAMES = [
  (package, name, module)
  for package in _LAZY
  for name, module in stub(package).items()
]


class PackageTest(parameterized.TestCase):
  @parameterized.named_parameters(
    (f'{package}.{name}', package, name, module)
    for package, name, module in NAMES
  )
  def test_name(self, package, name, module):
    value = getattr(importlib.import_module(package), name)
    if module is None:
      self.assertIs(value, importlib.import_module(f'{package}.{name}'))
    else:
      home = importlib.import_module(f'{package}.{module}')
      self.assertIs(value, getattr(home, name))
      self.assertFalse(inspect.ismodule(value))

  @parameterized.parameters(*_LAZY)
  def test_stub_and_package_agree(self, package):
    loaded = importlib.import_module(package)
    self.assertCountEqual(loaded.__all__, stub(package))
    self.assertContainsSubset(stub(package), dir(loaded))
    self.assertNotEmpty(loaded.__all__)

  @parameterized.parameters(
    'Estimator', 'Method', 'Relaxation', 'DartsTuner', 'export', 'tuner'
  )
  def test_what_extensions_need(self, name):
    self.assertIn(name, darts_tf.__all__)

  def test_a_name_is_no_module_of_the_same_name(self):
    """Else `import darts_tf.name` and `darts_tf.name` would be two things."""
    for package, name, module in NAMES:
      path = _ROOT / package.replace('.', '/') / name
      if module is not None:
        self.assertFalse(
          path.is_dir() or path.with_suffix('.py').exists(), name
        )

  @parameterized.parameters(*_LAZY)
  def test_other_names_are_refused(self, package):
    loaded = importlib.import_module(package)
    with self.assertRaisesRegex(AttributeError, f'{package} .*Genotypes'):
      _ = loaded.Genotypes

  def test_a_module_alone(self):
    """A module of the package is there without an import of its own."""
    self.assertEqual(
      self.run_python('import darts_tf; print(darts_tf.export.export_formats)'),
      0,
    )

  def test_genotypes_need_no_tensorflow(self):
    self.assertEqual(
      self.run_python(
        'import sys; import darts_tf, darts_tf.compat, darts_tf.tuner;'
        ' assert "Genotype" in dir(darts_tf);'
        ' genotype = darts_tf.load_genotype("DARTS_V2");'
        ' assert "normal" in genotype.cells;'
        ' assert issubclass(darts_tf.InputError, darts_tf.DartsError);'
        ' heavy = {"tensorflow", "keras", "keras_tuner", "matplotlib"};'
        ' sys.exit(len(heavy & set(sys.modules)))'
      ),
      0,
    )

  def run_python(self, program):
    done = subprocess.run(
      [sys.executable, '-c', program], capture_output=True, text=True, cwd=_ROOT
    )
    self.assertEqual(done.stderr if done.returncode == 1 else '', '')
    return done.returncode

  def setup_arguments(self):
    with mock.patch.object(setuptools, 'setup') as setup:
      runpy.run_path(str(_ROOT / 'setup.py'))
    return setup.call_args.kwargs

  def test_stubs_are_installed(self):
    data = self.setup_arguments()['package_data']
    found = [
      *(_ROOT / 'darts_tf').rglob('*.pyi'),
      *(_ROOT / 'darts_tf').rglob('py.typed'),
    ]
    self.assertLen(found, len(_LAZY) + 1)
    for path in found:
      self.assertIn(path.name, data[package_of(path)])

  def test_all_modules_are_installed(self):
    self.assertCountEqual(
      self.setup_arguments()['packages'],
      {package_of(path) for path in (_ROOT / 'darts_tf').rglob('*.py')},
    )

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
