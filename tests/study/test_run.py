"""The course of a study, with searches that only pretend."""

import json
import types
from unittest import mock

import tiny_runs
from absl.testing import absltest

from darts_tf.config.errors import InputError
from darts_tf.genotype import Genotype
from darts_tf.runs.atomic import atomic_write_json
from darts_tf.search import SearchConfig
from darts_tf.strategies import RandomSearchConfig, search_strategies
from darts_tf.study.arm import parse_arms
from darts_tf.study.plan import Study
from darts_tf.study.run import run_study
from darts_tf.study.worker import RESULT, job_text, run_job
from darts_tf.tabular.nas_bench_201 import ALL_SKIP

CONVOLUTIONS = ALL_SKIP.replace('skip_connect', 'nor_conv_3x3')
COMMON = SearchConfig(search_space='nas_bench_201', epochs=2)
DONE = [('first_order', 0), ('amended', 0), ('first_order', 1), ('amended', 1)]


class RunStudyTest(absltest.TestCase):
  def setUp(self):
    super().setUp()
    root = tiny_runs.temporary_directory(self)
    self.directory = root / 'study'
    self.csv = root / 'table.csv'
    self.csv.write_text(
      'architecture,cifar10_test,cifar100_test,imagenet16_120_test\n'
      f'{ALL_SKIP},54.3,15.6,16.3\n{CONVOLUTIONS},93.8,70,45\n'
    )
    self.calls, self.configs, self.fail = [], [], None

  def pretend(self, arm, config, path):
    """First order ends with skip connections, the others do not."""
    if self.fail == (arm.name, config.seed):
      raise self.error
    self.calls.append((arm.name, config.seed))
    self.configs.append(config)
    names = [CONVOLUTIONS] * 2
    if arm.name == 'first_order':
      names[1] = ALL_SKIP
    lines = [
      {
        'epoch': epoch,
        'validation_accuracy': 0.25,
        'genotype': Genotype.from_nas_bench_201_string(name).to_dict(),
      }
      for epoch, name in enumerate(names, 1)
    ]
    path.mkdir(parents=True)
    atomic_write_json(
      path / RESULT,
      {
        **lines[-1],
        'seconds': [30, 30],
        'peak_memory_mib': 512.0,
        'course': [] if arm.strategy == 'random_search' else lines,
      },
    )

  def run_it(
    self,
    arms=('first_order', 'amended'),
    seeds=(0, 1),
    later=(),
    common=None,
    minutes=0,
  ):
    study = Study(
      common or COMMON.replace(benchmark_table=str(self.csv)),
      parse_arms(arms),
      seeds,
      parse_arms(later),
    )
    result, out = tiny_runs.printed(
      run_study, study, self.directory, minutes, self.pretend
    )
    if isinstance(result, AssertionError):
      raise result
    return result, out

  def results(self):
    return json.loads((self.directory / 'study.json').read_text())

  def test_whole_study(self):
    outcomes, out = self.run_it()
    self.assertEqual(self.calls, DONE)
    self.assertCountEqual([(o.arm, o.seed) for o in outcomes], DONE)
    self.assertIn('== amended, seed 1 (4 of 4)\n', out)
    self.assertIn(
      'amended, seed 1: published 93.80 %, rank 1, 0 skip'
      ' connections, 1.0 minutes, 512 MiB\n',
      out,
    )
    results = self.results()
    self.assertEqual(results['measure'], 'published_accuracy')
    self.assertEqual(
      {row['arm']: row['mean'] for row in results['aggregates']},
      {'first_order': 54.3, 'amended': 93.8},
    )
    self.assertEqual(results['searches'][0]['course'], [[1, 93.8], [2, 54.3]])
    self.assertEqual(
      [
        row['accuracy']
        for row in results['baselines']
        if row['key'] == 'all_skip'
      ],
      [54.3],
    )
    self.assertIn(
      '| first_order | 2 | 54.30 ± 0.00 |',
      (self.directory / 'study.md').read_text(),
    )
    png = (self.directory / 'study.png').read_bytes()
    self.assertStartsWith(png, b'\x89PNG')

  def test_stopped_between_two_searches_and_continued(self):
    self.fail, self.error = ('first_order', 1), KeyboardInterrupt()
    result, _ = self.run_it()
    self.assertIsInstance(result, KeyboardInterrupt)
    self.assertEqual(self.calls, DONE[:2])
    self.assertLen(self.results()['searches'], 2)
    self.assertEqual(
      self.results()['unfinished'], [['first_order', 1], ['amended', 1]]
    )
    self.fail = None
    self.run_it()
    # Nothing is done twice.
    self.assertEqual(self.calls, DONE)
    self.assertEmpty(self.results()['unfinished'])
    result, out = self.run_it()
    self.assertEqual(self.calls, DONE)
    self.assertLen(result, 4)
    self.assertEmpty(out)

  def test_a_search_that_fails_stops_the_study(self):
    self.fail, self.error = ('amended', 0), InputError('Its own words.')
    result, _ = self.run_it()
    self.assertIs(result, self.error)
    self.assertEqual(self.calls, DONE[:1])
    self.assertLen(self.results()['searches'], 1)

  def test_arms_and_seeds_are_added(self):
    self.run_it(['amended'], (1,))
    outcomes, _ = self.run_it(['first_order'], (0,), ['random_search'])
    self.assertEqual(
      self.calls, [('amended', 1), ('first_order', 0), ('random_search', 0)]
    )
    # Results of what is not asked for now stay.
    self.assertLen(outcomes, 3)
    *_, random = self.configs
    self.assertIsInstance(random, RandomSearchConfig)
    self.assertEqual(random.benchmark_table, str(self.csv))
    self.assertIsNone(self.results()['aggregates'][2]['best_epoch'])

  def test_time_limit(self):
    clock = iter([0, 10, 61, 100])
    with mock.patch('time.monotonic', side_effect=lambda: next(clock)):
      outcomes, out = self.run_it(minutes=1)
    self.assertLen(outcomes, 1)
    self.assertIn('3 of 4 searches are left', out)
    result, _ = self.run_it(minutes=-1)
    self.assertIsInstance(result, InputError)

  def test_a_table_given_afterwards(self):
    self.run_it(common=COMMON)
    results = self.results()
    self.assertEqual(results['measure'], 'supernet_validation_accuracy')
    self.assertEqual(results['aggregates'][0]['mean'], 25)
    self.assertEmpty(results['baselines'])
    self.run_it()
    self.assertLen(self.calls, 4)
    self.assertEqual(self.results()['aggregates'][0]['mean'], 54.3)

  def test_bad_input_leaves_no_directory(self):
    for common, message in (
      (COMMON.replace(benchmark_table='no.csv'), 'table is missing'),
      (
        SearchConfig(benchmark_table=str(self.csv)),
        "expected search_space=nas_bench_201.*'darts'",
      ),
    ):
      result, _ = self.run_it(common=common)
      self.assertIsInstance(result, InputError)
      self.assertRegex(str(result), message)
    self.assertFalse(self.directory.exists())

  def test_damaged_result(self):
    self.run_it(['amended'], (0,))
    (self.directory / 'amended/seed_0' / RESULT).write_text('{}')
    result, _ = self.run_it(['amended'], (0,))
    self.assertRegex(str(result), 'cannot be used.*seed_0/study_result.json')


class WorkerTest(absltest.TestCase):
  def test_peak_memory_is_that_of_all_processes_of_a_search(self):
    directory = tiny_runs.temporary_directory(self)
    self.enter_context(search_strategies.scoped())
    found = types.SimpleNamespace(
      genotype=tiny_runs.GENOTYPE,
      metrics=[{'epoch': 0, 'seconds': 1, 'genotype': {}}, {'seconds': 2}],
      validation_accuracy=0.5,
    )
    fake = mock.Mock(search=mock.Mock(side_effect=[KeyboardInterrupt, found]))
    search_strategies.register('fake', fake)
    job = job_text('fake', {'epochs': 3}, directory)
    # `run_job` calls it once; the first process is interrupted.
    with mock.patch(
      'darts_tf.study.worker.peak_memory_mib', side_effect=[800.0, 300.0]
    ):
      with self.assertRaises(KeyboardInterrupt):
        run_job(job)
      self.assertFalse((directory / RESULT).exists())
      run_job(job)
    fake.config.assert_called_with(epochs=3)
    self.assertEqual(
      json.loads((directory / RESULT).read_text()),
      {
        'genotype': tiny_runs.GENOTYPE.to_dict(),
        'seconds': [1, 2],
        'validation_accuracy': 0.5,
        'course': [{'epoch': 1, 'genotype': {}, 'validation_accuracy': None}],
        'peak_memory_mib': 800.0,
      },
    )


if __name__ == '__main__':
  absltest.main()
