import json
import pathlib

from absl.testing import absltest
from gpu_rows import SIZES, Commands, Row, make_rows, measure_rows, table
from measuring import FailedMeasurement, Results
from programs import load_program

from darts_tf.config.errors import InputError, RunStateError


class PretendedGpu:
  """Each measurement takes some seconds of a clock of its own."""

  def __init__(self, seconds=10):
    self.now = 0.0
    self.seconds = seconds
    self.limits = {}

  def clock(self):
    return self.now

  def measure(self, command, environment, limit):
    self.limits[command] = limit
    self.now += min(self.seconds, limit)
    if self.seconds > limit:
      raise FailedMeasurement(command, f'not within {limit:.0f} s')
    return {
      'seconds_per_step_median': 0.5 if command[0] == 'torch' else 0.1,
      'peak_rss_mib': 2000,
      'peak_device_mib': 1234,
      'seconds_to_first_step': 7.0,
    }


ROWS = (
  Row('ours', ('ours',), 'theirs'),
  Row('theirs', ('torch',)),
  Row('ours again', ('again',), 'absent'),
  Row('absent', None),
)


class RowsTest(absltest.TestCase):
  def setUp(self):
    super().setUp()
    self.path = pathlib.Path(self.create_tempdir().full_path) / 'gpu.json'

  def measure(self, gpu, budget=100, limit=50):
    results = Results(str(self.path))
    measure_rows(ROWS, results, gpu.measure, budget, limit, clock=gpu.clock)
    return results

  def test_all_fit(self):
    results = self.measure(PretendedGpu())
    self.assertEqual(
      table(ROWS, results).splitlines()[2:],
      [
        '| ours | 0.1000 | 0.20 | 1,234 | 7 |',
        '| theirs | 0.5000 |  | 1,234 | 7 |',
        '| ours again | 0.1000 | – | 1,234 | 7 |',
        '| absent | not measured: no PyTorch was given | | | |',
      ],
    )

  def test_the_time_is_shared(self):
    gpu = PretendedGpu(seconds=40)
    results = self.measure(gpu, budget=75)
    self.assertEqual(gpu.limits, {('ours',): 50, ('torch',): 35})
    reasons = [
      (results.latest(row.name) or {}).get('not_measured') for row in ROWS
    ]
    self.assertEqual(
      reasons,
      [None, 'not within 35 s', 'the time was used up', 'no PyTorch was given'],
    )
    self.assertLessEqual(gpu.now, 75)
    # Written as it went.
    self.assertLen(json.loads(self.path.read_text()), len(ROWS))

  def test_goes_on_with_what_is_missing(self):
    self.measure(PretendedGpu(seconds=40), budget=75)
    gpu = PretendedGpu()
    results = self.measure(gpu)
    self.assertEqual(list(gpu.limits), [('torch',), ('again',)])
    self.assertIn('| ours | 0.1000 | 0.20 |', table(ROWS, results))

  def test_rows(self):
    rows = make_rows(Commands(SIZES['full'], 10, True, 'python-with-torch'))
    names = [row.name for row in rows]
    self.assertLen(set(names), len(names))
    for row in rows:
      if row.peer:
        self.assertIn(row.peer, names)
      torch = row.command[0] == 'python-with-torch'
      self.assertEqual(torch, row.name.startswith('PyTorch'))
      self.assertEqual(torch, '--device=cuda' in row.command)
    by_name = {row.name: ' '.join(row.command) for row in rows}
    self.assertIn('--cells=8 --batch_size=64', by_name['search, first order'])
    self.assertIn('--cells=20 --batch_size=96', by_name['retraining'])
    self.assertIn('--nodeterministic', by_name['retraining, XLA'])
    alone = make_rows(Commands(SIZES['small'], 1, False, None))
    self.assertEqual(
      [row.name for row in alone if row.command is None],
      [name for name in names if name.startswith('PyTorch')],
    )


class ProgramTest(absltest.TestCase):
  def setUp(self):
    super().setUp()
    self.program = load_program(self, 'gpu', 'benchmarks')

  def test_device(self):
    self.assertEqual(self.program.find_device('gpu', lambda: 'H 7'), 'H 7')
    self.assertEqual(self.program.find_device('cpu', lambda: 'H 7'), 'CPU')
    with self.assertRaisesRegex(InputError, "no GPU; .*device='gpu'"):
      self.program.find_device('gpu', lambda: '')

  def test_a_file_of_something_else(self):
    results = Results(None)
    for _ in range(2):
      results.belong_to('plan', {'device': 'H 7', 'sizes': 'full'})
    with self.assertRaisesRegex(RunStateError, 'Received: .*full'):
      results.belong_to('plan', {'device': 'H 7', 'sizes': 'small'})


if __name__ == '__main__':
  absltest.main()
