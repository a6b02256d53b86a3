import contextlib
import importlib.util
import io
import json
import pathlib
import tempfile

from absl import flags
from absl.testing import absltest, flagsaver, parameterized

import darts_tf
from darts_tf.errors import InputError

PROGRAM = pathlib.Path(
    darts_tf.__file__).parents[1] / 'bin' / 'toy_bilevel.py'


class ToyBilevelProgramTest(parameterized.TestCase):

  def setUp(self):
    super().setUp()
    before = set(flags.FLAGS)
    spec = importlib.util.spec_from_file_location('toy_bilevel', PROGRAM)
    self.program = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(self.program)
    self.addCleanup(self.forget, set(flags.FLAGS) - before)
    if not flags.FLAGS.is_parsed():
      flags.FLAGS.mark_as_parsed()
      self.addCleanup(flags.FLAGS.unparse_flags)

  def forget(self, names):
    # Other programs define flags of the same names.
    for name in names:
      delattr(flags.FLAGS, name)

  def main(self, **values):
    out = io.StringIO()
    with flagsaver.as_parsed(**values), contextlib.redirect_stdout(out):
      self.program.main(['toy_bilevel'])
    return out.getvalue()

  def test_table(self):
    lines = self.main(xi='0.5', gradient='second_order_exact').splitlines()
    self.assertEqual(lines[0].split(), ['xi', 'iterations', 'alpha', 'w'])
    self.assertEqual(lines[1].split(), ['0.5', '296', '1.003', '1.007'])
    self.assertLen(lines, 2)

  def test_unfinished(self):
    self.assertIn('not at rest yet', self.main(xi='0', max_iterations='2'))

  def test_output(self):
    with tempfile.TemporaryDirectory() as directory:
      output = pathlib.Path(directory) / 'new'
      self.main(xi='0,0.7', output=str(output))
      rows = json.loads((output / 'toy.json').read_text())
      self.assertEqual([row['iterations'] for row in rows], [659, 335])
      self.assertEqual(set(rows[0]), {'xi', 'iterations', 'alpha', 'w'})
      self.assertAlmostEqual(rows[1]['alpha'], 0.831, delta=1e-3)
      self.assertGreater((output / 'trajectory.png').stat().st_size, 1000)

  @parameterized.parameters('fast', '-1', '0,nan', '0.5,')
  def test_refused(self, xi):
    with self.assertRaisesRegex(
        InputError, f"numbers of at least 0.* Received: xi='{xi}'"):
      self.main(xi=xi)

  def test_nothing_to_do(self):
    with self.assertRaisesRegex(InputError, "Received: xi=''"):
      self.main(xi='')


if __name__ == '__main__':
  absltest.main()
