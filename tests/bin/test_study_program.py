"""The programs for studies and random search, and their flag file."""

import json
import os
import re
import signal
import subprocess
import sys
from unittest import mock

import programs
import tiny_runs
from absl.testing import absltest, parameterized

from darts_tf.study.plan import Study
from darts_tf.tabular.nas_bench_201_unique import all_architectures

_CONFIG = programs.ROOT / 'configs' / 'study_collapse.flags'
_TINY = {
  'search_space': 'nas_bench_201',
  'channels': 2,
  'cells': 3,
  'epochs': 1,
  'steps_per_epoch': 2,
  'batch_size': 8,
  'evaluate_every': 0,
}


class StudyProgramTest(parameterized.TestCase):
  def setUp(self):
    super().setUp()
    self.directory = tiny_runs.temporary_directory(self) / 'study'
    self.program = programs.load_program(self, 'study')

  def call(self, **values):
    values = {**_TINY, 'arm': ['first_order'], **values}
    return programs.run_program(
      self.program,
      workdir=str(self.directory),
      **{
        name: value if isinstance(value, list) else str(value)
        for name, value in values.items()
      },
    )

  @parameterized.parameters(
    ({'arm': []}, 'at least one --arm'),
    ({'arm': ['first_ordr']}, "Did you mean 'first_order'"),
    ({'arm': ['amended:eta=0']}, 'eta=0.0 .arm amended'),
    ({'arm': ['amended', 'amended']}, 'same name'),
    ({'later_arm': ['first_order']}, 'same name'),
    ({'seeds': '0,x'}, "seeds='0,x'"),
    ({'seeds': ''}, "seeds=''"),
    ({'minutes': '-1'}, 'minutes=-1'),
    ({'benchmark_table': 'no.csv'}, "path='no.csv'"),
    ({'benchmark_table': 'no.csv', 'search_space': 's1'}, "search_space='s1'"),
  )
  def test_bad_input(self, values, message):
    code, out, err = self.call(**values)
    self.assertEqual((code, out), (2, ''))
    self.assertRegex(err, f'^error: .*{message}.*\n$')
    self.assertFalse(self.directory.exists())

  def test_searches_in_processes_of_their_own(self):
    table = self.directory.with_name('table.csv')
    table.write_text(
      'architecture,cifar10_test,cifar100_test,imagenet16_120_test\n'
      + ''.join(
        f'{name},{name.count("skip_connect")},1,1\n'
        for name in all_architectures()
      )
    )
    values = {
      'arm': ['first_order'],
      'seeds': '3',
      'epochs': '9',
      'benchmark_table': str(table),
    }
    self.stop_in_the_second_epoch(values)
    search = self.directory / 'first_order' / 'seed_3'
    self.assertTrue((search / 'metrics.jsonl').exists())
    self.assertFalse((search / 'study_result.json').exists())
    # The search that was stopped goes on; an arm has been added.
    values['arm'] = ['first_order', 'amended:eta=0.2']
    code, out, err = self.call(**values)
    self.assertEqual((code, err), (None, ''))
    self.assertRegex(
      out,
      r'== first_order, seed 3 \(1 of 2\)\n'
      r'Continuing after epoch \d of 9',
    )
    self.assertIn(f'Table  {self.directory}/study.md', out)
    study = json.loads((self.directory / 'study.json').read_text())
    baselines = {row['key']: row['accuracy'] for row in study['baselines']}
    # Skip connections are one of five operations on each of six edges.
    self.assertAlmostEqual(baselines['random'], 6 / 5)
    self.assertEqual((baselines['all_skip'], baselines['optimum']), (6, 6))
    for arm, outcome in zip(
      ('first_order', 'amended'), study['searches'], strict=True
    ):
      path = self.directory / arm / 'seed_3'
      config = json.loads((path / 'config.json').read_text())
      self.assertEqual((config['gradient'], config['seed']), (arm, 3))
      metrics = [
        json.loads(line)
        for line in (path / 'metrics.jsonl').read_text().splitlines()
      ]
      # As the search itself has read it from the table.
      self.assertEqual(
        outcome['course'],
        [[line['epoch'] + 1, line['published_accuracy']] for line in metrics],
      )
      self.assertEqual(outcome['accuracy'], metrics[-1]['published_accuracy'])
      self.assertEqual(outcome['rank'], metrics[-1]['published_rank'])
      self.assertEqual(outcome['skip_connections'], outcome['accuracy'])
      self.assertGreater(outcome['peak_memory_mib'], 100)
      log = (path / 'log.txt').read_text()
      self.assertStartsWith(log, 'Method ', 'TensorFlow is not silent')
      self.assertIn('Epoch 9/9', log)
    self.assertEqual(config['eta'], 0.2)
    # Again: nothing is searched.
    code, out, err = self.call(**values)
    self.assertEqual((code, err), (None, ''))
    self.assertNotIn('==', out)

  def stop_in_the_second_epoch(self, values):
    words = [
      f'--{name}={value[0] if name == "arm" else value}'
      for name, value in {**_TINY, **values}.items()
    ]
    environment = {**os.environ, 'PYTHONPATH': str(programs.ROOT)}
    # As a user has it: the programs themselves keep TensorFlow quiet.
    environment.pop('TF_CPP_MIN_LOG_LEVEL', None)
    process = subprocess.Popen(
      [
        sys.executable,
        str(programs.ROOT / 'bin' / 'study.py'),
        f'--workdir={self.directory}',
        *words,
      ],
      stdout=subprocess.PIPE,
      stderr=subprocess.PIPE,
      text=True,
      env=environment,
    )
    with process:
      for line in process.stdout:
        if line.startswith('Epoch 2/'):
          break
      process.send_signal(signal.SIGTERM)
      _, err = process.communicate(timeout=200)
    self.assertEqual(
      (process.returncode, err),
      (143, 'interrupted: run the same command again to continue\n'),
    )

  def test_flag_file(self):
    text = _CONFIG.read_text()
    self.assertIn(f'--flagfile=configs/{_CONFIG.name}\n', text)
    values = {'arm': [], 'later_arm': []}
    for name, value in re.findall(r'^--(\w+)=(.*)$', text, re.MULTILINE):
      if name in ('arm', 'later_arm'):
        values[name].append(value)
      else:
        self.assertNotIn(name, values)
        values[name] = value
    self.assertEqual(values.pop('workdir'), 'runs/study_collapse')
    with mock.patch(
      'darts_tf.study.run.run_study', autospec=True, return_value=[]
    ) as run:
      code, _, err = self.call(**{'steps_per_epoch': 1, **values})
    self.assertEqual((code, err), (None, ''))
    study = run.call_args.args[0]
    self.assertIsInstance(study, Study)
    names = [arm.name for arm, _ in study.searches()]
    self.assertEqual(
      names[:12], 3 * ['first_order', 'second_order', 'amended', 'beta_darts']
    )
    self.assertCountEqual(
      names[12:],
      3
      * [
        'amended_no_none',
        'amended_published',
        'amended_published_001',
        'amended_equal_size',
        'amended_exact',
        'second_order_exact',
        'implicit',
        'first_order_50',
        'random_search',
      ],
    )
    self.assertEqual(study.configure(study.arms[3], 1).beta_decay, 50.0)
    config = study.configure(study.arms[2], 1)
    self.assertEqual(
      (config.eta, config.image_size, config.epochs), (0.1, 16, 20)
    )


class RandomSearchProgramTest(absltest.TestCase):
  def test_flags(self):
    program = programs.load_program(self, 'random_search')
    directory = tiny_runs.temporary_directory(self) / 'run'
    code, _, err = programs.run_program(
      program, workdir=str(directory), num_samples='1'
    )
    self.assertEqual(code, 2)
    self.assertRegex(err, '^error: .*at most 1. Received: num_best=2\n$')
    with mock.patch(
      'darts_tf.strategies.random_search.run_random_search',
      side_effect=KeyboardInterrupt,
    ) as run:
      programs.run_program(
        program,
        workdir=str(directory),
        num_samples='7',
        seed='5',
        train_epochs='9',
        short_epochs='2',
      )
    config, workdir, training = run.call_args.args
    self.assertEqual(
      (config.num_samples, config.short_epochs, config.seed), (7, 2, 5)
    )
    self.assertEqual(workdir, str(directory))
    self.assertEqual((training.epochs, training.seed), (9, 5))


if __name__ == '__main__':
  absltest.main()
