import json
import pathlib
from unittest import mock

from absl.testing import absltest
from programs import load_program, run_program


class ProcessSettingsTest(absltest.TestCase):
  def setUp(self):
    super().setUp()
    self.program = load_program(self, 'process_settings', 'benchmarks')
    self.output = (
      pathlib.Path(self.create_tempdir().full_path) / 'settings.json'
    )
    self.calls = []

  def pretended(self, command, environment):
    """One second a step as set, two with other threads, else three."""
    self.calls.append((tuple(command), environment))
    seconds = 3.0
    if not environment:
      seconds = 1.0
    elif 'TF_NUM_INTRAOP_THREADS' in environment:
      seconds = 2.0
    return {
      'seconds_per_step_median': seconds,
      'peak_rss_mib': 1500,
      'seconds_to_first_step': 20 * seconds,
    }

  def run_rounds(self, rounds):
    self.calls.clear()
    with mock.patch.object(self.program, 'measure', self.pretended):
      return run_program(
        self.program, output=str(self.output), rounds=str(rounds)
      )

  def test_table(self):
    code, out, err = self.run_rounds(1)
    self.assertEqual((code, err), (None, ''))
    self.assertIn(
      '| darts 8/5/32 | as the programs set it | 1.000 | 20 | 1,500 |', out
    )
    self.assertIn('16x16 | all cores within each operation | 2.000 | 40 |', out)
    self.assertIn('(`DARTS_TF_TUNE=0`) | 3.000 | 60 | 1,500 |', out)
    # Every setting is another one.
    self.assertLen(
      {
        (command, *sorted(environment.items()))
        for command, environment in self.calls
      },
      len(self.calls),
    )

  def test_goes_on(self):
    self.run_rounds(1)
    first = len(self.calls)
    self.run_rounds(1)
    self.assertEmpty(self.calls)
    self.run_rounds(2)
    self.assertLen(self.calls, first)
    self.assertEqual(
      {len(m) for m in json.loads(self.output.read_text()).values()}, {2}
    )


if __name__ == '__main__':
  absltest.main()
