import math

from absl.testing import absltest

from darts_tf.config.errors import InputError
from darts_tf.genotype import Genotype
from darts_tf.study.aggregate import aggregate, baselines, mean_course
from darts_tf.study.markdown import study_table
from darts_tf.study.outcome import make_outcome
from darts_tf.study.truth import Truth
from darts_tf.tabular.nas_bench_201 import ALL_SKIP, BenchmarkTable


def cell(*operations):
  return '|{}~0|+|{}~0|{}~1|+|{}~0|{}~1|{}~2|'.format(*operations)


GOOD = cell(*6 * ['nor_conv_3x3'])
FAIR = cell('skip_connect', *5 * ['nor_conv_1x1'])
POOR = cell('skip_connect', 'none', 'skip_connect', *3 * ['none'])
ACCURACIES = {GOOD: 94.0, FAIR: 90.0, POOR: 20.0, ALL_SKIP: 52.0}


def table(names):
  rows = [[ACCURACIES[name], 1.0, 2.0] for name in names]
  return Truth(BenchmarkTable(names, rows))


TRUTH = table(list(ACCURACIES))


def line(architecture, epoch=None, validation=None):
  genotype = Genotype.from_nas_bench_201_string(architecture)
  return {
    'epoch': epoch,
    'genotype': genotype.to_dict(),
    'validation_accuracy': validation,
  }


def search(architectures, seconds, peak):
  """A result with one epoch an architecture, and accuracies 0.1, 0.2, …"""
  course = [line(name, i, i / 10) for i, name in enumerate(architectures, 1)]
  return {
    **course[-1],
    'seconds': seconds,
    'course': course,
    'peak_memory_mib': peak,
  }


FIRST = search([FAIR, GOOD, POOR], [10, 20, 60], 700.0)
SECOND = search([GOOD, FAIR, FAIR], [30, 30, 30], 600.0)
RANDOM = {
  **line(GOOD, validation=0.5),
  'seconds': [6, 6],
  'course': [],
  'peak_memory_mib': 1.0,
}


def outcomes(truth=TRUTH):
  return [
    make_outcome('a', seed, result, truth)
    for seed, result in enumerate((FIRST, SECOND))
  ]


class OutcomeTest(absltest.TestCase):
  def test_with_a_table(self):
    outcome = outcomes()[0]
    self.assertEqual(outcome.course, ((1, 90.0), (2, 94.0), (3, 20.0)))
    self.assertEqual(
      (
        outcome.accuracy,
        outcome.rank,
        outcome.best_accuracy,
        outcome.best_epoch,
      ),
      (20.0, 4, 94.0, 2),
    )
    self.assertEqual((outcome.skip_connections, outcome.none_edges), (2, 4))
    self.assertEqual((outcome.minutes, outcome.seconds_per_epoch), (1.5, 20))
    self.assertEqual(outcome.architecture, POOR)

  def test_without_a_table(self):
    result = search([FAIR, GOOD, POOR], [1, 1, 1], 1.0)
    result['course'][1]['validation_accuracy'] = None  # Not evaluated.
    outcome = make_outcome('a', 0, result, Truth())
    self.assertEqual([epoch for epoch, _ in outcome.course], [1, 3])
    self.assertAlmostEqual(outcome.accuracy, 30)
    self.assertIsNone(outcome.rank)

  def test_a_table_of_a_part_of_the_space(self):
    outcome = make_outcome('a', 0, FIRST, table([GOOD, POOR]))
    self.assertEqual(outcome.course, ((2, 94.0), (3, 20.0)))
    with self.assertRaisesRegex(InputError, "lacks.*arm='a', seed=3"):
      make_outcome('a', 3, FIRST, table([GOOD, FAIR]))

  def test_random_search_has_no_course(self):
    outcome = make_outcome('random_search', 0, RANDOM, TRUTH)
    self.assertEmpty(outcome.course)
    self.assertEqual((outcome.accuracy, outcome.minutes), (94.0, 0.2))
    self.assertIsNone(outcome.best_epoch)
    self.assertIsNone(outcome.seconds_per_epoch)


class AggregateTest(absltest.TestCase):
  def test_by_hand(self):
    row = aggregate(outcomes())
    self.assertEqual(
      (row.num_seeds, row.mean, row.best, row.worst), (2, 55.0, 90.0, 20.0)
    )
    # Deviations of 35 from the mean: sqrt(2 * 35^2 / (2 - 1)).
    self.assertAlmostEqual(row.deviation, math.sqrt(2450))
    self.assertEqual(row.mean_rank, 3.0)  # 4 and 2
    # Means of the epochs: 92, 92 and 55; of equals the first.
    self.assertEqual((row.best_epoch, row.mean_at_best_epoch), (1, 92.0))
    self.assertEqual((row.skip_connections, row.none_edges), (1.5, 2.0))
    self.assertEqual((row.minutes, row.seconds_per_epoch), (1.5, 25.0))
    self.assertEqual(row.peak_memory_mib, 700.0)

  def test_one_seed(self):
    row = aggregate(outcomes()[1:])
    self.assertIsNone(row.deviation)
    self.assertEqual((row.mean, row.best, row.worst), (90.0, 90.0, 90.0))

  def test_random_search(self):
    row = aggregate([make_outcome('r', 0, RANDOM, TRUTH)] * 2)
    self.assertEqual((row.mean, row.deviation, row.mean_rank), (94, 0, 1))
    self.assertIsNone(row.mean_at_best_epoch)

  def test_mean_of_common_epochs(self):
    short = make_outcome('a', 2, search([POOR], [1], 1.0), TRUTH)
    ((epoch, mean),) = mean_course([*outcomes(), short])
    self.assertEqual(epoch, 1)
    self.assertAlmostEqual(mean, (90 + 94 + 20) / 3)


class BaselinesTest(absltest.TestCase):
  def test_by_hand(self):
    rows = {row.key: row for row in baselines(TRUTH, 2)}
    self.assertEqual(
      list(rows), ['random', 'best_of_2', 'best_of_20', 'all_skip', 'optimum']
    )
    self.assertAlmostEqual(rows['random'].accuracy, 256 / 4)
    # Of 16 pairs the best is 20, 52, 90, 94 in 1, 3, 5 and 7.
    self.assertAlmostEqual(
      rows['best_of_2'].accuracy, (20 + 3 * 52 + 5 * 90 + 7 * 94) / 16
    )
    self.assertEqual(
      (rows['all_skip'].accuracy, rows['all_skip'].rank), (52.0, 3)
    )
    self.assertEqual(
      (rows['optimum'].accuracy, rows['optimum'].rank), (94.0, 1)
    )

  def test_what_is_absent(self):
    keys = lambda *arguments: [row.key for row in baselines(*arguments)]
    self.assertEqual(
      keys(table([GOOD, FAIR]), 1), ['random', 'best_of_20', 'optimum']
    )
    self.assertEmpty(keys(Truth(), 3))


class TableTest(absltest.TestCase):
  def cells(self, text):
    rows = [line for line in text.splitlines() if line.startswith('|')]
    rows = [
      [part.strip() for part in row.strip('|').split('|')] for row in rows
    ]
    self.assertLen({len(row) for row in rows}, 1)
    header, _, *rest = rows
    return [dict(zip(header, row)) for row in rest]

  def test_published(self):
    rows = [
      aggregate(outcomes()),
      aggregate([make_outcome('random_search', 0, RANDOM, TRUTH)]),
    ]
    text = study_table(rows, baselines(TRUTH, 2), True, [('a', 2)])
    a, random, *_, skips, optimum = self.cells(text)
    self.assertEqual(
      a,
      {
        'arm': 'a',
        'seeds': '2',
        'published accuracy at the end': '55.00 ± 49.50',
        'best': '90.00',
        'worst': '20.00',
        'mean rank': '3',
        'at best epoch': '92.00 (epoch 1)',
        'skip connections': '1.5',
        '`none` edges': '2.0',
        'minutes a search': '1.5',
        'seconds an epoch': '25.0',
        'peak memory (MiB)': '700',
      },
    )
    self.assertEqual(random['published accuracy at the end'], '94.00')
    self.assertEqual(random['at best epoch'], '–')
    self.assertEqual(
      (skips['published accuracy at the end'], skips['mean rank']),
      ('52.00', '3'),
    )
    self.assertEqual(optimum['arm'], '*optimum*')
    self.assertIn('not a result one could have known', text)
    self.assertIn('Not finished yet: a with seed 2.', text)

  def test_supernet(self):
    rows = [aggregate(outcomes(Truth()))]
    text = study_table(rows, [], False)
    (a,) = self.cells(text)
    self.assertEqual(
      a["supernet's validation accuracy at the end"], '30.00 ± 0.00'
    )
    self.assertNotIn('mean rank', a)
    self.assertNotIn('ublished', text)
    self.assertNotIn('random search', text)
    rows.append(aggregate([make_outcome('r', 0, RANDOM, Truth())]))
    self.assertIn('not comparable', study_table(rows, [], False))


if __name__ == '__main__':
  absltest.main()
