import json

import numpy as np
import tensorflow as tf
import tiny_runs
from programs import load_program, run_program

from darts_tf.tuner.curve_ranking import Curve

# Curves that never cross: their beginnings say all.
_ENDS = np.linspace(0.5, 0.95, 20)
_CURVES = [
  [[float(end * (1 - 0.6**epoch)) for epoch in range(1, 10)], {}]
  for end in _ENDS
]


class EarlyStoppingStudyTest(tiny_runs.RunTest):
  def setUp(self):
    super().setUp()
    self.program = load_program(self, 'early_stopping_study', 'benchmarks')
    self.path = self.directory / 'curves.json'

  def test_table(self):
    self.path.write_text(json.dumps(_CURVES))
    code, out, err = run_program(
      self.program, curves=str(self.path), orders='1', threshold=['0.45']
    )
    self.assertIsNone(code, err)
    self.assertStartsWith(
      out, '20 trainings of 9 epochs; the best ends at 94.04 %\n'
    )
    rows = [
      [cell.strip() for cell in line.strip('|').split('|')]
      for line in out.splitlines()[4:]
    ]
    self.assertEqual(rows[0], ['all to the end', '0 %', '1 of 1', '0.00'])
    saved = [int(row[1].removesuffix(' %')) for row in rows]
    self.assertGreater(saved[1], 10)
    self.assertGreater(saved[2], 30)
    # Nothing is lost where curves do not cross.
    self.assertEqual([row[2:] for row in rows[1:]], [['1 of 1', '0.00']] * 2)

  def test_hyperband_loses_what_starts_late(self):
    # Three brackets: 9, 5 and 3 trainings begin in them.
    self.assertEqual(self.program.bracket_size(9, 3), 17)
    late = [
      Curve((0.1,) * 8 + (0.99,)),
      *(Curve(tuple(values)) for values, _ in _CURVES[:16]),
    ]
    replay = self.program.by_hyperband(late, 3)
    self.assertEqual(self.program.without_stopping(late).best, 0.99)
    # The best of a bracket goes on.
    self.assertEqual(replay.best, _CURVES[15][0][-1])
    # 9 of 1 epoch, 3 of 2 more, 1 of 6 more; 5 of 3, 2 of 6 more; 3 of 9.
    self.assertEqual(replay.epochs, 9 + 6 + 6 + 15 + 12 + 27)

  def test_ranking_trains_until_it_has_curves(self):
    few = [Curve(tuple(values)) for values, _ in _CURVES[:5]]
    replay = self.program.by_ranking(few, 0.45)
    self.assertEqual(replay.epochs, 45)

  def test_bad_input(self):
    self.path.write_text(json.dumps(_CURVES[:3]))
    for values in ({'curves': str(self.path)}, {'project': '/no/project'}):
      code, out, err = run_program(self.program, **values)
      self.assertEqual((code, out), (2, ''))
      self.assertRegex(err, r'^error: .*\n$')


if __name__ == '__main__':
  tf.test.main()
