from unittest import mock

from absl.testing import absltest
from programs import load_program, run_program


class ComparePeersTest(absltest.TestCase):
  def setUp(self):
    super().setUp()
    self.program = load_program(self, 'compare_peers', 'benchmarks')
    self.values = {
      'peer_python': 'python-with-torch',
      'output': self.create_tempdir().full_path + '/peers.json',
    }
    self.commands = []

  def measure(self, command):
    """This library takes 1 s; PyTorch 4 s, and 2 s in its faster layout."""
    self.commands.append(command)
    seconds = 1.0
    if command[0] == 'python-with-torch':
      seconds = 2.0 if '--channels_last' in command else 4.0
    return {
      'seconds_per_step_median': seconds,
      'peak_rss_mib': 100 * seconds,
      'seconds_to_first_step': 42.0,
      'torch': '2.13.0',
    }

  def run_rounds(self, rounds):
    self.commands.clear()
    with mock.patch.object(self.program, 'measure', self.measure):
      return run_program(self.program, rounds=str(rounds), **self.values)

  def test_ratios_to_the_faster_layout(self):
    code, out, err = self.run_rounds(2)
    self.assertEqual((code, err), (None, ''))
    for case, target in (
      ('first order 16/8/64', 0.55),
      ('first order 8/5/32', 0.5),
      ('second order 16/8/64', 0.55),
    ):
      self.assertIn(
        f'| seconds a step, {case} | {target:g} | 0.50 | 0.50 | 0.50 |', out
      )
    self.assertIn('| peak memory, first order 16/8/64 | 0.75 | 0.50', out)
    self.assertIn('first order 16/8/64 | 60 | 42.00 | 42.00 | 42.00 |', out)
    # Both layouts in the first round, the faster one in the second.
    self.assertLen(self.commands, 3 * (3 + 2))

  def test_goes_on(self):
    self.run_rounds(1)
    self.run_rounds(1)
    self.assertEmpty(self.commands)
    self.run_rounds(3)
    self.assertLen(self.commands, 3 * 2 * 2)
    self.assertFalse(
      [
        c
        for c in self.commands
        if c[0] == 'python-with-torch' and '--channels_last' not in c
      ]
    )

  def test_bad_input(self):
    code, out, err = self.run_rounds(0)
    self.assertEqual((code, out), (2, ''))
    self.assertEqual(err, 'error: Expected at least 1. Received: rounds=0\n')


if __name__ == '__main__':
  absltest.main()
