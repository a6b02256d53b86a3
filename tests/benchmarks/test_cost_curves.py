import json
import pathlib
from unittest import mock

import numpy as np
from absl.testing import absltest
from programs import load_program, run_program


def pretended(command, *unused):
  """A measurement whose cost follows a rule, from its flags."""
  size = dict(part.lstrip('-').split('=') for part in command if '=' in part)
  cells, channels, batch = (
    int(size[name]) for name in ('cells', 'channels', 'batch_size')
  )
  seconds = 0.1 + cells * channels * batch / 1000
  if 'virtual_devices' in size:
    seconds *= 1.5
  if 'taskset' in command:
    seconds *= 2
  return {'seconds_per_step_median': seconds, 'peak_rss_mib': 500 + 10 * cells}


class CostCurvesTest(absltest.TestCase):
  def setUp(self):
    super().setUp()
    self.program = load_program(self, 'cost_curves', 'benchmarks')
    self.directory = pathlib.Path(self.create_tempdir().full_path)
    self.values = {
      'output': str(self.directory / 'curves.json'),
      'plot': str(self.directory / 'curves.png'),
    }

  def run_with(self, measure):
    with mock.patch.object(self.program, 'measure', measure):
      return run_program(self.program, **self.values)

  def test_line(self):
    x = np.array([1.0, 2.0, 4.0])
    start, slope, deviation = self.program.line(x, 3 + 2 * x)
    np.testing.assert_allclose([start, slope], [3, 2])
    self.assertLess(deviation, 1e-9)
    *_, deviation = self.program.line(x, np.array([5.0, 7.0, 22.0]))
    self.assertGreater(deviation, 0.1)

  def test_table_and_plot(self):
    code, out, err = self.run_with(pretended)
    self.assertEqual((code, err), (None, ''))
    self.assertIn('| seconds a step, by cells | 0.1 | 0.256 | 0.0 % |', out)
    self.assertIn('| peak memory, MiB, by cells | 500 | 10 | 0.0 % |', out)
    self.assertIn('same batch: 1.50 of the time, 1.00 of the memory', out)
    # Twice (0.1 + 8 * 8 * 16 / 1000) over 1.5 (0.1 + 8 * 8 * 32 / 1000).
    self.assertIn('over two replicas on two: 0.70', out)
    self.assertTrue((self.directory / 'curves.png').exists())

  def test_goes_on_where_it_was_interrupted(self):
    calls = []

    def interrupted(command, *unused):
      calls.append(command)
      if len(calls) == 4:
        raise KeyboardInterrupt
      return pretended(command)

    code, *_ = self.run_with(interrupted)
    self.assertNotIn(code, (None, 0))
    kept = json.loads((self.directory / 'curves.json').read_text())
    self.assertLen(kept, 3)
    calls.clear()
    self.run_with(lambda command: calls.append(command) or pretended(command))
    everything = json.loads((self.directory / 'curves.json').read_text())
    self.assertLen(calls, len(everything) - 3)

  def test_a_file_that_is_no_json(self):
    pathlib.Path(self.values['output']).write_text('{"half')
    code, _, err = self.run_with(pretended)
    self.assertEqual(code, 2)
    self.assertStartsWith(err, 'error: The file of measurements is not JSON')


if __name__ == '__main__':
  absltest.main()
