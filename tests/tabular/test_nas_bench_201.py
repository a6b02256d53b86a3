import itertools
import math
import os
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
from absl.testing import absltest, parameterized

from darts_tf.config.errors import InputError
from darts_tf.genotype import CellGenotype, Genotype
from darts_tf.genotype.published import published_genotype
from darts_tf.tabular.nas_bench_201 import ALL_SKIP, DATASETS, BenchmarkTable
from darts_tf.tabular.nas_bench_201_unique import canonical_form

_REAL = Path(
  os.environ.get(
    'DARTS_TF_BENCHMARK_TABLE',
    Path(__file__).parents[3] / 'shared' / 'data' / 'nats_bench_tss.csv',
  )
)
_HEADER = 'architecture,cifar10_test,cifar100_test,imagenet16_120_test'


def _cell(*operations):
  return '|{}~0|+|{}~0|{}~1|+|{}~0|{}~1|{}~2|'.format(*operations)


# The same convolution of x on three ways, and three other cells.
_DIRECT = _cell('none', 'none', 'none', 'nor_conv_3x3', 'none', 'none')
_VIA_1 = _cell('nor_conv_3x3', *4 * ['none'], 'none').replace(
  'none~1|none~2', 'skip_connect~1|none~2'
)
_VIA_2 = _cell('none', 'nor_conv_3x3', *3 * ['none'], 'skip_connect')
_POOL = _cell('none', 'none', 'none', 'avg_pool_3x3', 'none', 'none')
_ZERO = _cell(*6 * ['none'])
_ABSENT = _cell(*6 * ['nor_conv_1x1'])
_ROWS = (
  f'{_DIRECT},90.0,60.0,30.0',
  f'{_VIA_1},91.0,61.5,30.5',
  f'{_VIA_2},92.0,60.0,29.0',
  f'{_POOL},20.5,1.5,2',
  f'{ALL_SKIP},91.0,10.0,5.0',
  f'{_ZERO},10.0,1.0,0.833',
)


class _TableTest(parameterized.TestCase):
  def load(self, *lines, newline='\n'):
    file = self.create_tempfile(content=newline.join(lines).encode(), mode='wb')
    return BenchmarkTable.load(file.full_path)

  def setUp(self):
    super().setUp()
    self.table = self.load(_HEADER, *_ROWS)


class LookUpTest(_TableTest):
  def test_accuracy(self):
    self.assertLen(self.table, 6)
    self.assertEqual(self.table.accuracy(_VIA_1), 91.0)
    self.assertEqual(self.table.accuracy(_VIA_1, 'cifar100'), 61.5)
    self.assertEqual(self.table.accuracy(_ZERO, 'imagenet16_120'), 0.833)

  def test_genotypes(self):
    genotype = Genotype.from_nas_bench_201_string(_VIA_2)
    self.assertEqual(self.table.accuracy(genotype), 92.0)
    self.assertEqual(self.table.rank(genotype, 'cifar100'), 2)
    present = [
      edge
      for edge in genotype.cells['normal'].edges
      if edge.operation != 'none'
    ]
    sparse = Genotype('nas_bench_201', {'normal': CellGenotype(present, (3,))})
    self.assertEqual(self.table.accuracy(sparse), 92.0)
    self.assertEqual(self.table.spread(sparse).count, 3)

  def test_ranks_are_shared_by_equal_accuracies(self):
    ranks = [self.table.rank(name) for name in self.table.architectures]
    self.assertEqual(ranks, [4, 2, 1, 5, 2, 6])
    ranks = [
      self.table.rank(name, 'cifar100') for name in self.table.architectures
    ]
    self.assertEqual(ranks, [2, 1, 2, 5, 4, 6])

  def test_best(self):
    self.assertEqual(self.table.best(), (_VIA_2, 92.0))
    self.assertEqual(self.table.best('cifar100'), (_VIA_1, 61.5))
    tied = self.load(_HEADER, _ROWS[4], _ROWS[1])
    self.assertEqual(tied.best(), (ALL_SKIP, 91.0))

  @parameterized.parameters(
    (1e-9, 92.0),
    (1 / 6, 92.0),
    (0.17, 91.0),
    (0.5, 91.0),
    (0.51, 90.0),
    (1, 10.0),
  )
  def test_threshold(self, top, accuracy):
    self.assertEqual(self.table.threshold(top), accuracy)
    self.assertEqual(self.table.threshold(1 / 6, 'imagenet16_120'), 30.5)

  def test_threshold_of_decimal_parts(self):
    names = [
      _cell(*operations)
      for operations in itertools.islice(
        itertools.product(('none', 'skip_connect', 'avg_pool_3x3'), repeat=6),
        100,
      )
    ]
    table = BenchmarkTable(names, np.tile(np.arange(100.0)[:, None], 3))
    for percent in range(1, 101):
      self.assertEqual(table.threshold(percent / 100), 100.0 - percent)

  def test_other_columns_orders_and_empty_lines(self):
    table = self.load(
      '\ufeffimagenet16_120_test, seed,cifar100_test,cifar10_test ,'
      'architecture',
      '',
      f'30,777,"60",90,{_DIRECT}',
      '',
      newline='\r\n',
    )
    self.assertLen(table, 1)
    self.assertEqual(table.accuracy(_DIRECT), 90.0)
    self.assertEqual(table.accuracy(_DIRECT, 'cifar100'), 60.0)
    self.assertEqual(table.accuracy(_DIRECT, 'imagenet16_120'), 30.0)

  def test_no_tensorflow(self):
    code = (
      'import sys, darts_tf.tabular.nas_bench_201;'
      'sys.exit("tensorflow" in sys.modules)'
    )
    subprocess.run([sys.executable, '-c', code], check=True)


class NoiseTest(_TableTest):
  def test_isomorphic(self):
    for name in (_DIRECT, _VIA_1, _VIA_2):
      self.assertEqual(self.table.isomorphic(name), [_DIRECT, _VIA_1, _VIA_2])
    self.assertEqual(self.table.isomorphic(_POOL), [_POOL])
    self.assertEmpty(self.table.isomorphic(_ABSENT))

  def test_spread(self):
    self.assertEqual(self.table.spread(_VIA_1), (3, 90.0, 91.0, 92.0))
    self.assertEqual(
      self.table.spread(_VIA_1, 'cifar100'), (3, 60.0, 60.5, 61.5)
    )
    self.assertEqual(self.table.spread(_POOL), (1, 20.5, 20.5, 20.5))

  def test_spread_of_a_string_that_is_not_in_the_table(self):
    table = self.load(_HEADER, *_ROWS[1:])
    self.assertEqual(table.spread(_DIRECT), (2, 91.0, 91.5, 92.0))

  def test_noise(self):
    # One class has more than one member: 90, 91 and 92.
    self.assertAlmostEqual(self.table.noise(), 1.0)
    pools = (
      _POOL.replace(
        'none~0|none~1|+|avg_pool_3x3~0|none~1|none~2',
        'avg_pool_3x3~0|none~1|+|none~0|none~1|skip_connect~2',
      ),
      _ZERO.replace('none~1', 'skip_connect~1', 1),
    )
    table = self.load(
      _HEADER, *_ROWS, f'{pools[0]},24.5,1.5,2', f'{pools[1]},50,1.0,0.8'
    )
    # 20.5 and 24.5 add squares of 2 + 2 and one degree of freedom; cells
    # without input have no part in it.
    self.assertEqual(table.spread(_ZERO).count, 2)
    self.assertAlmostEqual(table.noise(), math.sqrt((2 + 8) / (2 + 1)))
    self.assertAlmostEqual(table.noise(least=22.5), math.sqrt(10 / 3))
    self.assertAlmostEqual(table.noise(least=22.6), 1.0)
    self.assertAlmostEqual(table.noise('cifar100', 2), math.sqrt(1.5 / 2))
    self.assertTrue(math.isnan(table.noise(least=91.1)))


class RandomTest(_TableTest):
  @parameterized.product(n=(1, 2, 3, 4), replacement=(True, False))
  def test_expected_best_is_the_mean_over_all_draws(self, n, replacement):
    values = [90.0, 91.0, 92.0, 20.5, 91.0, 10.0]
    draws = (
      itertools.product(values, repeat=n)
      if replacement
      else itertools.combinations(values, n)
    )
    best = [Fraction(max(draw)) for draw in draws]
    self.assertAlmostEqual(
      self.table.expected_best(n, replacement=replacement),
      float(sum(best) / len(best)),
      places=9,
    )

  def test_all_of_the_table(self):
    self.assertAlmostEqual(
      self.table.expected_best(6, 'cifar100', replacement=False), 61.5
    )
    drawn = self.table.random_baseline(6, replacement=False)
    self.assertEqual(drawn.best, 92.0)
    self.assertAlmostEqual(drawn.mean, drawn.expected_mean)

  @parameterized.parameters(True, False)
  def test_draws_agree_with_expectations(self, replacement):
    generator = np.random.default_rng(3)
    drawn = [
      self.table.random_baseline(3, generator, replacement=replacement)
      for _ in range(4000)
    ]
    # The standard deviation of single draws is 35, of means over three at
    # most 21; that of 4000 such means is 0.33.
    for found, expected in (
      ('mean', 'expected_mean'),
      ('best', 'expected_best'),
    ):
      mean = np.mean([getattr(each, found) for each in drawn])
      self.assertAlmostEqual(mean, getattr(drawn[0], expected), delta=1.3)
    self.assertEqual(drawn[0].expected_mean, 65.75)

  def test_seeds(self):
    draw = lambda seed: self.table.random_baseline(2, seed, 'cifar100')
    self.assertEqual(draw(5), draw(5))
    self.assertGreater(len({draw(seed) for seed in range(20)}), 1)
    self.assertEqual(draw(np.random.default_rng(5)), draw(5))


class RefusedTest(_TableTest):
  @parameterized.named_parameters(
    (
      'dataset',
      lambda table: table.accuracy(_POOL, 'cifar_10'),
      r'Unknown dataset: expected one of cifar10, cifar100, imagenet16_120\. '
      r"Did you mean 'cifar10'\? Received: dataset='cifar_10'",
    ),
    (
      'absent',
      lambda table: table.rank(_ABSENT),
      r'not in the benchmark table; expected one of its 6\. Received:'
      r" architecture='\|nor_conv_1x1~0\|\+",
    ),
    (
      'absent_function',
      lambda table: table.spread(_ABSENT),
      r'not in the benchmark table; expected one of its 6\.',
    ),
    (
      'malformed',
      lambda table: table.accuracy('|none~0|'),
      "has 1 nodes instead of 3.*Received: text='|none~0|'",
    ),
    ('no_text', lambda table: table.accuracy(3), 'is not text'),
    (
      'space',
      lambda table: table.accuracy(published_genotype('DARTS_V1')),
      "expected 'nas_bench_201'. Received: search_space='darts'",
    ),
    ('top', lambda table: table.threshold(3), 'Received: top=3'),
    ('no_top', lambda table: table.threshold(0.0), 'Received: top=0.0'),
    ('nan', lambda table: table.threshold(math.nan), 'Received: top=nan'),
    (
      'samples',
      lambda table: table.random_baseline(0),
      'whole number of 1 or more. Received: num_samples=0',
    ),
    ('half', lambda table: table.expected_best(1.5), 'num_samples=1.5'),
    (
      'many',
      lambda table: table.random_baseline(7, replacement=False),
      'expected at most 6. Received: num_samples=7',
    ),
    ('best', lambda table: table.best('svhn'), "Received: dataset='svhn'"),
  )
  def test_look_ups(self, look_up, message):
    with self.assertRaisesRegex(InputError, message) as caught:
      look_up(self.table)
    self.assertNotIn('\n', str(caught.exception))

  @parameterized.named_parameters(
    ('empty', [], 'table is empty; expected a header'),
    ('header_only', [_HEADER], 'table is empty; expected a header and a'),
    (
      'column',
      [_HEADER.replace(',cifar100_test', '')],
      r"lacks the column cifar100_test; .*Received: header='architecture,ci",
    ),
    ('no_header', list(_ROWS), 'lacks the column architecture'),
    ('columns', [_HEADER + ',cifar10_test'], 'repeats the column cifar10_t'),
    (
      'fields',
      [_HEADER, _ROWS[0], _ROWS[1] + ',3'],
      'line 3 of the benchmark table has 5 fields; expected 4',
    ),
    (
      'text',
      [_HEADER, _ROWS[0].replace('60.0', 'good')],
      "line 2 of .* a number from 0 to 100.*: cifar100_test='good'",
    ),
    (
      'nothing',
      [_HEADER, _ROWS[0].replace('60.0', '')],
      "line 2 of .*cifar100_test=''",
    ),
    (
      'nan',
      [_HEADER, _ROWS[0].replace('30.0', 'nan')],
      "line 2 of .*imagenet16_120_test='nan'",
    ),
    (
      'high',
      [_HEADER, '', _ROWS[0].replace('90.0', '100.1')],
      "line 3 of .*cifar10_test='100.1'",
    ),
    ('low', [_HEADER, _ROWS[0].replace('90.0', '-1')], "cifar10_test='-1'"),
    (
      'architecture',
      [_HEADER, *_ROWS[:2], '|none~0|,1,1,1'],
      'In line 4 of the benchmark table: The NAS-Bench-201 string has 1 nod',
    ),
    (
      'operation',
      [_HEADER, _ROWS[0].replace('nor_conv_3x3', 'conv')],
      "In line 2 of the benchmark table: .*operation='conv'",
    ),
    (
      'twice',
      [_HEADER, *_ROWS, _ROWS[1]],
      r'line 8 of the benchmark table repeats the architecture of line 3;',
    ),
    ('quotes', [_HEADER, f'"{_DIRECT}'], 'Line 2 .* is not CSV'),
  )
  def test_files(self, lines, message):
    with self.assertRaisesRegex(InputError, message) as caught:
      self.load(*lines)
    self.assertNotIn('\n', str(caught.exception))
    self.assertIn('Received: ', str(caught.exception))

  def test_paths(self):
    missing = os.path.join(self.create_tempdir().full_path, 'table.csv')
    with self.assertRaisesRegex(
      InputError, "table is missing; .*Received: path='.*table.csv'"
    ):
      BenchmarkTable.load(missing)
    with self.assertRaisesRegex(InputError, 'cannot be read .*Received: path'):
      BenchmarkTable.load(os.path.dirname(missing))
    binary = self.create_tempfile(content=b'\xff\xfe\x00', mode='wb')
    with self.assertRaisesRegex(InputError, 'cannot be read .*Received: path'):
      BenchmarkTable.load(binary.full_path)


class RealTableTest(absltest.TestCase):
  @classmethod
  def setUpClass(cls):
    super().setUpClass()
    if not _REAL.exists():
      raise absltest.SkipTest(f'{_REAL} is absent')
    cls.table = BenchmarkTable.load(_REAL)
    cls.values = {
      dataset: [
        cls.table.accuracy(name, dataset) for name in cls.table.architectures
      ]
      for dataset in DATASETS
    }

  def test_published_figures(self):
    self.assertLen(self.table, 15625)
    # The optimum and the cell that DARTS ends with, in arXiv:2001.00326.
    self.assertEqual(round(self.table.best()[1], 2), 94.37)
    self.assertEqual(round(self.table.accuracy(ALL_SKIP), 2), 54.30)
    self.assertEqual(self.table.rank(self.table.best()[0]), 1)

  def test_ranks_by_counting(self):
    for dataset, values in self.values.items():
      for name, accuracy in list(zip(self.table.architectures, values))[::500]:
        self.assertEqual(
          self.table.rank(name, dataset),
          1 + sum(value > accuracy for value in values),
        )

  def test_thresholds_by_counting(self):
    for top in (0.01, 0.03, 0.1, 0.5):
      for dataset, values in self.values.items():
        threshold = self.table.threshold(top, dataset)
        self.assertGreaterEqual(
          sum(value >= threshold for value in values), top * 15625
        )
        self.assertLess(sum(value > threshold for value in values), top * 15625)

  def test_equal_accuracies_are_equal_functions(self):
    # Runs from the same seeds of cells that compute the same thing repeat
    # to the last image. That such cells have one form supports its rules,
    # and the mark of shared convolutions among them.
    by_accuracy = {}
    for name, *key in zip(self.table.architectures, *self.values.values()):
      by_accuracy.setdefault(tuple(key), []).append(name)
    groups = [names for names in by_accuracy.values() if len(names) > 1]
    self.assertGreater(len(groups), 300)
    for names in groups:
      self.assertLen({canonical_form(name) for name in names}, 1)

  def test_noise_is_less_than_the_width_of_the_table(self):
    self.assertLess(self.table.noise(), np.std(self.values['cifar10']) / 20)
    self.assertLess(self.table.noise(least=self.table.threshold(0.1)), 0.15)


if __name__ == '__main__':
  absltest.main()
