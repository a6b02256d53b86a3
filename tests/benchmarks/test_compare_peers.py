import ast
import pathlib

from absl.testing import absltest
from measuring import FailedMeasurement, Results
from peer_cases import CASES, MACHINE, Settings, compare
from programs import ROOT, load_program, run_program

from darts_tf.config.errors import RunStateError
from darts_tf.genotype import load_genotype

_PYTHON = 'python-with-torch'


def of_torch(command):
  return command[0] == _PYTHON


class PretendedMachine:
  """Ours takes 1 s a step; PyTorch 4 s, and 2 s in its faster layout."""

  def __init__(self):
    self.commands = []
    self.channels_last_is_faster = True

  def measure(self, command, limit=None):
    self.commands.append(command)
    if '--compile' in command:
      return self.compiled(command, limit)
    seconds = 1.0
    if of_torch(command):
      channels_last = '--channels_last' in command
      seconds = 2.0 if channels_last == self.channels_last_is_faster else 4.0
    return {
      'seconds_per_step_median': seconds,
      'peak_rss_mib': 100 * seconds,
      'seconds_to_first_step': 42.0,
    }

  def compiled(self, command, limit):
    raise FailedMeasurement(command, f'not within {limit:.0f} s')


class ComparePeersTest(absltest.TestCase):
  def setUp(self):
    super().setUp()
    self.path = self.create_tempdir().full_path + '/peers.json'
    self.machine = PretendedMachine()

  def compare(self, rounds, compile_limit=None, cases=CASES):
    self.machine.commands.clear()
    results = Results(self.path)
    compare(
      cases,
      Settings(_PYTHON, rounds, 5, compile_limit),
      results,
      self.machine.measure,
    )
    return results

  def test_five_kinds_of_work(self):
    self.assertEqual(
      [str(case) for case in CASES],
      [
        'search, first order, 16/8/64',
        'search, second order (exact here, by differences there), 16/8/64',
        'search, first order, 8/5/32',
        'retraining `DARTS_V2`, 16/8/64',
        'retraining `DARTS_V2`, 36/20/64',
      ],
    )
    self.assertIn('--gradient=second_order_exact', CASES[1].our_command(5))
    self.assertIn('--order=second', CASES[1].peer_command(_PYTHON, 5))
    self.assertIn('--genotype=DARTS_V2', CASES[4].our_command(5))

  def test_both_layouts_once(self):
    results = self.compare(2)
    for case in CASES:
      first, second = results[str(case)]
      self.assertEqual(first['peer']['layout'], '--channels_last')
      self.assertEqual(first['slower_layout']['seconds_per_step_median'], 4)
      self.assertEqual(second['peer']['layout'], '--channels_last')
      self.assertNotIn('slower_layout', second)
    # Both layouts in the first round, the faster one in the second.
    self.assertLen(self.machine.commands, len(CASES) * (3 + 2))

  def test_the_other_layout_may_be_faster(self):
    self.machine.channels_last_is_faster = False
    results = self.compare(2, cases=CASES[:1])
    for pair in results[str(CASES[0])]:
      self.assertEqual(pair['peer']['layout'], '')
    self.assertNotIn('--channels_last', self.machine.commands[-1])

  def test_goes_on(self):
    self.compare(1)
    self.compare(1)
    self.assertEmpty(self.machine.commands)
    self.compare(3)
    self.assertLen(self.machine.commands, len(CASES) * 2 * 2)
    for command in filter(of_torch, self.machine.commands):
      self.assertIn('--channels_last', command)

  def test_a_compiled_step_is_tried_once(self):
    results = self.compare(2, compile_limit=600)
    tried = [c for c in self.machine.commands if '--compile' in c]
    self.assertLen(tried, len(CASES))
    for command in tried:
      self.assertIn('--channels_last', command)
    self.assertEqual(
      results[CASES[0].compiled],
      [{'not_measured': 'not within 600 s', 'layout': '--channels_last'}],
    )
    self.compare(2, compile_limit=600)
    self.assertEmpty(self.machine.commands)

  def test_a_case_that_fails_does_not_stop_the_others(self):
    measure = self.machine.measure

    def too_large(command, limit=None):
      if '--gradient=second_order_exact' in command:
        raise FailedMeasurement(command, 'ended by signal 9')
      return measure(command, limit)

    results = Results(self.path)
    failed = compare(CASES, Settings(_PYTHON, 1, 5, None), results, too_large)
    self.assertEqual(failed, {str(CASES[1]): 'ended by signal 9'})
    self.assertEqual(
      [len(results[str(case)]) for case in CASES], [1, 0, 1, 1, 1]
    )

  def test_another_machine(self):
    Results(self.path).add(MACHINE, {'processor': 'abacus', 'cores': 10})
    with self.assertRaisesRegex(RunStateError, 'Received: .*abacus'):
      self.compare(1)
    self.assertEmpty(self.machine.commands)

  def test_bad_input(self):
    program = load_program(self, 'compare_peers', 'benchmarks')
    for values, message in (
      ({'rounds': '0'}, 'Expected at least 1. Received: rounds=0'),
      ({}, 'one that can import it. Received: peer_python=None'),
    ):
      code, out, err = run_program(program, **values)
      self.assertEqual((code, out), (2, ''))
      self.assertRegex(err, f'^error: .*{message}\n$')


class TorchProgramsTest(absltest.TestCase):
  def test_the_network_is_the_published_one(self):
    """PyTorch is not needed to read what its program says."""
    source = pathlib.Path(ROOT, 'benchmarks/torch_network_step.py').read_text()
    said = next(
      ast.literal_eval(node.value)
      for node in ast.parse(source).body
      if isinstance(node, ast.Assign) and node.targets[0].id == 'DARTS_V2'
    )
    for kind, cell in load_genotype('DARTS_V2').cells.items():
      edges = [
        (name, source, node)
        for node, pair in enumerate(said[kind], 2)
        for name, source in pair
      ]
      self.assertCountEqual(
        edges, [(e.operation, e.source, e.target) for e in cell.edges]
      )


if __name__ == '__main__':
  absltest.main()
