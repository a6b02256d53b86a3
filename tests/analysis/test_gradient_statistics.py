import unittest

import numpy as np

from darts_tf.analysis.gradient_statistics import (
  correction_cosines,
  cosine,
  gradient_statistics,
  gradient_tables,
  means_by_operation,
)

FIRST = np.array([[3.0, 4.0, 0.0], [3.0, 4.0, 0.0]])
# Corrections of length 1 and 3 along the last entry.
OTHER = np.array([[3.0, 4.0, 1.0], [3.0, 4.0, 3.0]])


class GradientStatisticsTest(unittest.TestCase):
  def test_statistics(self):
    row = gradient_statistics(OTHER, FIRST)
    self.assertAlmostEqual(row.relative_length, 2 / 5)
    self.assertAlmostEqual(row.cosine, 25 / (5 * np.sqrt(29)))
    # The first two entries do not vary at all, which counts as 0.
    self.assertEqual(row.signal_to_noise, 0.0)
    noisy = np.array([[1.0, -1.0], [3.0, -3.0], [5.0, 9.0]])
    row = gradient_statistics(noisy, noisy)
    self.assertEqual(row.relative_length, 0.0)
    self.assertAlmostEqual(row.cosine, 1.0)
    # |3| / 2 and |5 / 3| / sqrt(124 / 3).
    self.assertAlmostEqual(
      row.signal_to_noise, np.mean([1.5, (5 / 3) / np.sqrt(124 / 3)])
    )

  def test_cosines(self):
    gradients = {
      'up': FIRST + [0.0, 0.0, 1.0],
      'down': FIRST - [0.0, 0.0, 2.0],
      'mixed': FIRST + [[0.0, 0.0, 5.0], [1.0, 0.0, 0.0]],
      'none': FIRST,
    }
    table = correction_cosines(gradients, FIRST)
    self.assertAlmostEqual(table['up']['down'], -1.0)
    self.assertAlmostEqual(table['up']['mixed'], 0.5)
    self.assertAlmostEqual(table['mixed']['mixed'], 1.0)
    self.assertEqual(table['none']['up'], 0.0)
    self.assertEqual(cosine(np.zeros(2), np.ones(2)), 0.0)

  def test_means_by_operation(self):
    self.assertEqual(
      means_by_operation(OTHER, ('skip', 'none', 'skip'), 2.0),
      {'skip': (3 + 3 + 1 + 3) / 4 / 2, 'none': 2.0},
    )

  def test_tables(self):
    text = gradient_tables(
      {'other': OTHER, 'first': FIRST}, 'first', ('a', 'b', 'a')
    )
    self.assertEqual(
      text.splitlines(),
      [
        '| estimator | correction / first order | cosine with first order'
        ' | signal to noise |',
        '| --- | ---: | ---: | ---: |',
        '| first | 0 | 1.00 | 0.000 |',
        '| other | 0.4 | 0.93 | 0.000 |',
        '',
        '| cosine of corrections | other |',
        '| --- | ---: |',
        '| other | 1.00 |',
        '',
        '| mean by operation | a | b |',
        '| --- | ---: | ---: |',
        # In units of sqrt(25 / 3).
        '| first | +0.52 | +1.39 |',
        '| other | +0.87 | +1.39 |',
      ],
    )


if __name__ == '__main__':
  unittest.main()
