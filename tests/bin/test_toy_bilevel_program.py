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
    self.assertEqual(
      lines[0].split(), ['gradient', 'setting', 'iterations', 'alpha', 'w']
    )
    self.assertEqual(
      lines[1].split(),
      ['second_order_exact', 'xi=0.5', '296', '1.003', '1.007'],
    )
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

  def ends(self, **values):
    """Returns gradient to the end point (alpha, w)."""
    rows = [line.split() for line in self.main(**values).splitlines()[1:]]
    return {row[0]: (float(row[-2]), float(row[-1])) for row in rows}

  def test_amended_and_implicit(self):
    for values in (
      {'gradient': 'amended', 'eta': '0.25'},
      {'gradient': 'amended_exact', 'eta': '0.25'},
      {'gradient': 'implicit', 'neumann_terms': '20', 'neumann_step': '0.3'},
      {'gradient': 'implicit_cg', 'damping': '0'},
    ):
      [(alpha, w)] = self.ends(**values).values()
      self.assertAlmostEqual(alpha, 1, delta=0.02, msg=str(values))
      self.assertAlmostEqual(w, 1, delta=0.02, msg=str(values))
    [(alpha, _)] = self.ends(gradient='amended', eta='0.1').values()
    self.assertAlmostEqual(alpha, 2 / 1.4, delta=0.02)

  def test_all_gradients(self):
    with tempfile.TemporaryDirectory() as output:
      ends = self.ends(gradient='all', xi='0.5', output=output)
      self.assertContainsSubset(
        ['one_level', 'first_order', 'amended_exact', 'implicit_cg'], ends
      )
      rows = json.loads((pathlib.Path(output) / 'toy.json').read_text())
      self.assertLen(rows, len(ends))
      [amended] = [r for r in rows if r.get('gradient') == 'amended']
      self.assertEqual(amended['eta'], 0.1)

  @parameterized.parameters(
    ({'gradient': 'second_order', 'eta': '0.1'}, 'eta does not belong'),
    ({'gradient': 'amendet'}, "Did you mean 'amended'"),
    ({'gradient': 'amended', 'eta': '0'}, 'above 0. Received: eta=0'),
    ({'gradient': ''}, "Received: gradient=''"),
    (
      {'gradient': 'implicit', 'neumann_step': '1.2', 'neumann_terms': '9'},
      'diverges.*below 1. Received: neumann_step=1.2',
    ),
  )
  def test_wrong_gradient(self, values, message):
    code, _, err = run_program(self.program, **values)
    self.assertEqual(code, 2)
    self.assertRegex(err, message)

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
