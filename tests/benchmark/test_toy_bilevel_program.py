import json
import pathlib
import tempfile

from absl.testing import absltest, parameterized
from programs import load_program, run_program


class ToyBilevelProgramTest(parameterized.TestCase):

  def setUp(self):
    super().setUp()
    self.program = load_program(self, 'toy_bilevel')

  def main(self, **values):
    code, out, err = run_program(self.program, **values)
    self.assertIsNone(code, err)
    return out

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
    code, _, err = run_program(self.program, xi=xi)
    self.assertEqual(code, 2)
    self.assertRegex(err, f"numbers of at least 0.* Received: xi='{xi}'")

  def test_nothing_to_do(self):
    code, _, err = run_program(self.program, xi='')
    self.assertEqual(code, 2)
    self.assertIn("Received: xi=''", err)


if __name__ == '__main__':
  absltest.main()
