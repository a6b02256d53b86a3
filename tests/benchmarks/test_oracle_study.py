import itertools
import json
from unittest import mock

import tensorflow as tf
import tiny_runs
from programs import load_program, run_program

from darts_tf.search import run_search
from darts_tf.search_space import search_spaces

_SPACE = search_spaces['nas_bench_201']


class OracleStudyTest(tiny_runs.RunTest):
  def setUp(self):
    super().setUp()
    self.program = load_program(self, 'oracle_study', 'benchmarks')
    self.table = self.directory / 'table.csv'
    lines = ['architecture,cifar10_test,cifar100_test,imagenet16_120_test']
    for names in itertools.product(*_SPACE.candidates['normal']):
      # More convolutions are better.
      score = 10 + 10 * sum('conv' in name for name in names)
      lines.append(
        '|{}~0|+|{}~0|{}~1|+|{}~0|{}~1|{}~2|'.format(*names) + f',{score},1,1'
      )
    self.table.write_text('\n'.join(lines))
    self.values = {
      'benchmark_table': str(self.table),
      'seeds': '2',
      'output': str(self.directory / 'oracles.json'),
      'searches': str(self.directory / 'study'),
      'arms': 'found',
      'trials': ['1', '5'],
    }

  def test_table(self):
    result = run_search(
      tiny_runs.SEARCH.replace(
        search_space='nas_bench_201',
        channels=4,
        cells=1,
        epochs=1,
        steps_per_epoch=2,
      ),
      self.directory / 'study/found/seed_0',
      self.data,
      verbose=False,
    )
    code, out, err = run_program(self.program, **self.values)
    self.assertIsNone(code, err)
    head, _, *rows = out.splitlines()
    self.assertEqual(head, '| best accuracy after | 1 trials | 5 trials |')
    self.assertEqual(
      [row.split(' | ')[0] for row in rows],
      [
        '| random',
        '| seeded by one search, found',
        "| Keras Tuner's BayesianOptimization",
      ],
    )
    runs = json.loads((self.directory / 'oracles.json').read_text())
    for seeds in runs.values():
      self.assertEqual([len(run) for run in seeds], [5, 5])
    # The first trial of a seeded oracle is what the search has derived.
    derived = 10 + 10 * sum(
      'conv' in edge.operation for edge in result.genotype.cells['normal'].edges
    )
    self.assertEqual(
      [run[0] for run in runs['seeded by one search, found']], [derived] * 2
    )
    self.assertNotEqual(*runs['random'])
    self.assertIn(f'| {derived:.2f} ± 0.00 |', rows[1])
    # Again: nothing is run.
    with mock.patch.object(self.program, 'accuracies') as run:
      self.assertEqual(run_program(self.program, **self.values)[1], out)
    run.assert_not_called()

  def test_bad_input(self):
    code, out, err = run_program(self.program, **self.values)
    self.assertEqual(code, 2)
    self.assertRegex(err, r'^error: No searches here; .*\n$')
    code, _, err = run_program(
      self.program, **self.values | {'benchmark_table': '/no/table'}
    )
    self.assertEqual(code, 2)
    self.assertRegex(err, r'^error: .*/no/table.*\n$')


if __name__ == '__main__':
  tf.test.main()
