import contextlib
import importlib.util
import io
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
from unittest import mock

import numpy as np
from absl import flags
from absl.testing import absltest, parameterized

import darts_tf
from darts_tf.config import app
from darts_tf.system import process

_ROOT = pathlib.Path(darts_tf.__file__).parents[1]
_CYCLES = (
  '--search_space=prune_replace_dl',
  '--method=prune_replace',
  '--cycle_epochs=1,1,1',
  '--cycle_grace_epochs=0,0,0',
  '--cycle_morphisms=2,0,0',
  '--cycle_candidates=4,2,1',
)


def load_program(name):
  """Imports a program with flags of its own; returns (main, flags)."""
  values = flags.FlagValues()
  path = _ROOT / 'bin' / f'{name}.py'
  spec = importlib.util.spec_from_file_location(f'program_{name}', path)
  module = importlib.util.module_from_spec(spec)
  with contextlib.ExitStack() as stack:
    for kind in (
      'string',
      'integer',
      'float',
      'bool',
      'boolean',
      'enum',
      'list',
      'multi_float',
      'multi_integer',
      'multi_string',
    ):
      real = getattr(flags, f'DEFINE_{kind}')
      stack.enter_context(
        mock.patch.object(
          flags,
          f'DEFINE_{kind}',
          lambda *a, _real=real, **k: _real(*a, flag_values=values, **k),
        )
      )
    stack.enter_context(mock.patch.object(process, 'tune'))
    spec.loader.exec_module(module)
  flags.DEFINE_integer('verbosity', 0, '', flag_values=values)
  return module.main, values


class BadInputTest(parameterized.TestCase):
  def setUp(self):
    super().setUp()
    temporary = tempfile.TemporaryDirectory()
    self.addCleanup(temporary.cleanup)
    self.directory = pathlib.Path(temporary.name)

  def call(self, program, *words):
    main, values = load_program(program)
    out, err = io.StringIO(), io.StringIO()
    with (
      mock.patch.object(flags, 'FLAGS', values),
      mock.patch.object(process, 'configure_tensorflow'),
      contextlib.redirect_stdout(out),
      contextlib.redirect_stderr(err),
    ):
      try:
        code = app.call(main, app.parse_flags([program, *words]))
      except SystemExit as exit_:
        code = exit_.code
    return code, err.getvalue()

  def refused(self, message, program, *words):
    workdir = self.directory / 'run'
    code, err = self.call(program, f'--workdir={workdir}', *words)
    self.assertEqual(code, 2, err)
    self.assertStartsWith(err, 'error: ')
    self.assertEqual(err.count('\n'), 1, err)
    self.assertRegex(err, message)
    # Keras Tuner makes a directory when a tuner is made.
    self.assertEqual(list(workdir.glob('*')), [])
    self.assertTrue(program == 'tune' or not workdir.exists())

  @parameterized.parameters(
    (
      'search',
      "Unknown search_space.*Did you mean 'darts'",
      '--search_space=dartz',
    ),
    ('search', "Unknown method: .*Did you mean 'darts'", '--method=dart'),
    ('search', "Did you mean 'second_order'", '--gradient=secondorder'),
    ('search', "Unknown dataset.*Did you mean 'digits'", '--dataset=digit'),
    ('search', 'strategy.*default.*mirrored', '--strategy=mirror'),
    ('search', 'Received: epochs=0', '--epochs=0'),
    ('search', 'Did you mean --channels', '--chanels=4'),
    (
      'search',
      'Received: batch_size=719',
      '--batch_size=719',
      '--search_space=nas_bench_201',
      '--channels=2',
      '--cells=1',
    ),
    (
      'search',
      'differ in length; .* 2 numbers in cycle_epochs',
      *_CYCLES,
      '--cycle_epochs=2,2',
    ),
    (
      'pipeline',
      'Received: cycle_candidates=2, cycle_morphisms=2',
      *_CYCLES,
      '--cycle_candidates=2,2,1',
    ),
    (
      'search',
      'memory and there are 1 MiB; .* Received: batch_size=16',
      *_CYCLES,
      '--cells=3',
      '--channels=2',
      '--batch_size=16',
      '--max_batch_size=32',
      '--memory_budget=1',
    ),
    ('train', "Did you mean 'DARTS_V2'", '--genotype=DARTS_V3'),
    ('train', "Did you mean 'conv'", '--stem=con'),
    ('train', "Did you mean 'digits'", '--dataset=digit'),
    ('pipeline', "Did you mean 'conv'", '--train_stem=con'),
    ('pipeline', 'Received: epochs=0 .flag --train_epochs', '--train_epochs=0'),
    ('pipeline', "Did you mean 'digits'", '--dataset=digit'),
    (
      'pipeline',
      'expected max_parameters of at least',
      '--cells=3',
      '--channels=2',
      '--train_cells=3',
      '--max_parameters=100',
      '--train_steps_per_epoch=1',
    ),
    ('tune', "Did you mean 'digits'", '--dataset=digit'),
    ('tune', "Did you mean 'beta_darts'", '--method=beta_dart'),
    ('tune', 'Received: max_trials=0', '--max_trials=0'),
    ('tune', 'Received: stop_below=1', '--stop_below=1'),
    ('tune', 'Received: epochs=0 .flag --train_epochs', '--train_epochs=0'),
    ('tune', "Did you mean 'eta'", '--vary=etta=0.1,0.2'),
    ('tune', 'No run here', '--finished=/nowhere/at/all'),
    ('tune', 'should be one of <val_accuracy.val_loss>', '--objective=val_los'),
  )
  def test_names_and_values(self, program, message, *words):
    self.refused(message, program, *words)

  def test_data_that_do_not_fit(self):
    images = np.zeros((40, 2, 2, 1), np.uint8)
    labels = np.arange(40) % 2
    path = self.directory / 'images.npz'
    np.savez(path, x_train=images, y_train=labels, x_test=images, y_test=labels)
    small = 'The images are too small: .* at least 4x4 .*image_size=2x2'
    self.refused(
      small, 'search', f'--dataset={path}', '--batch_size=8', '--cells=3'
    )
    self.refused(
      small, 'train', f'--dataset={path}', '--batch_size=8', '--cells=3'
    )

  def test_genotype_files_of_another_kind(self):
    path = self.directory / 'file.json'
    for text in ('no JSON', '[]', '{"search_space": "x", "cells": {}}'):
      path.write_text(text)
      self.refused('Received: .*path=.*json', 'train', f'--genotype={path}')

  def test_genotypes_that_are_not_of_their_space(self):
    path = self.directory / 'file.json'
    cell = {'edges': [['sep_conv_3x4', 0, 2]], 'output': [2]}
    genotype = {'search_space': 'darts', 'cells': {'normal': cell}}
    path.write_text(json.dumps(genotype))
    missing = "Missing cell 'reduce' .*path=.*json"
    self.refused(missing, 'train', f'--genotype={path}')
    genotype['cells']['reduce'] = cell
    path.write_text(json.dumps(genotype))
    unknown = "Did you mean 'sep_conv_3x3'.*path=.*json"
    self.refused(unknown, 'train', f'--genotype={path}')
    code, err = self.call('describe', f'--genotype={path}')
    self.assertEqual(code, 2, err)
    self.assertRegex(err, f'^error: .*{unknown}')

  def test_workdir_is_a_file(self):
    path = self.directory / 'file'
    path.write_text('x')
    for program in ('search', 'train', 'pipeline'):
      with mock.patch('darts_tf.distribution.run_context.load_data') as load:
        code, err = self.call(program, f'--workdir={path}')
      load.assert_not_called()
      self.assertEqual(code, 2)
      self.assertRegex(err, r'^error: Cannot write here .*\n$')


class ProcessTest(absltest.TestCase):
  def start(self, *words):
    environment = {**os.environ, 'PYTHONPATH': str(_ROOT)}
    # As a user has it: the programs themselves keep TensorFlow quiet.
    environment.pop('TF_CPP_MIN_LOG_LEVEL', None)
    return subprocess.Popen(
      [sys.executable, str(_ROOT / 'bin/search.py'), *words],
      stdout=subprocess.PIPE,
      stderr=subprocess.PIPE,
      text=True,
      env=environment,
    )

  def test_refusal_and_interruption(self):
    with tempfile.TemporaryDirectory() as directory:
      refused = self.start('--search_space=dartz', '--workdir=' + directory)
      stopped = self.start(
        '--search_space=nas_bench_201',
        '--channels=2',
        '--cells=1',
        '--workdir=' + directory,
        '--epochs=1000',
        '--batch_size=16',
        '--gradient=one_level',
      )
      for line in stopped.stdout:
        if line.startswith('Data '):
          break
      stopped.send_signal(signal.SIGINT)
      out, err = refused.communicate(timeout=200)
      self.assertEqual((refused.returncode, out), (2, ''))
      self.assertRegex(err, r"^error: .*Did you mean 'darts'.*\n$")
      out, err = stopped.communicate(timeout=200)
      self.assertEqual(
        (stopped.returncode, err),
        (2, 'interrupted: run the same command again to continue\n'),
      )


if __name__ == '__main__':
  absltest.main()
