"""Estimates of the architecture gradient where a search stands."""

import numpy as np
import tensorflow as tf
import tiny_runs
from absl.testing import parameterized
from programs import load_program, run_program

from darts_tf.architecture_gradient import InnerStep, architecture_gradients
from darts_tf.config.errors import InputError, RunStateError
from darts_tf.runs.checkpoint import CheckpointStore
from darts_tf.runs.workdir import WorkDir
from darts_tf.search import run_search
from darts_tf.search.builder import build_search
from darts_tf.search.gradients import gradients_of_run
from darts_tf.search.record import SearchRecord
from darts_tf.search.resolve import resolve


class GradientsOfRunTest(tiny_runs.RunTest):
  def search(self, **changes):
    config = tiny_runs.SEARCH.replace(epochs=1, **changes)
    tiny_runs.printed(run_search, config, self.directory, self.data)
    return resolve(config)

  def gradients(self, estimators, num_batches=2):
    return gradients_of_run(self.directory, estimators, num_batches, self.data)

  def test_search_of_several_workers(self):
    """It is looked at in one process."""
    self.search(gradient='first_order')
    wanted = {'second_order': {'gradient': 'second_order'}}
    expected, _ = self.gradients(wanted)
    path = WorkDir(self.directory).config_path
    path.write_text(
      path.read_text().replace(
        '"strategy": "default"', '"strategy": "multi_worker"'
      )
    )
    self.assertIn('multi_worker', path.read_text())
    result, _ = self.gradients(wanted)
    for name, values in expected.items():
      self.assertAllEqual(result[name], values)

  def test_equal_the_estimators_on_the_next_batches(self):
    # What the search itself ran with does not matter.
    config = self.search(gradient='amended', eta=0.5)
    files = {
      path: path.read_bytes()
      for path in self.directory.rglob('*')
      if path.is_file()
    }
    result, operations = self.gradients(
      {
        'strong': {'gradient': 'amended_exact', 'eta': 2.0},
        'second_order': {'gradient': 'second_order'},
      }
    )
    self.assertEqual(operations, 3 * ('none', 'skip_connect', 'nor_conv_1x1'))
    self.assertCountEqual(result, ['strong', 'second_order', 'first_order'])
    self.assertEqual(
      files,
      {
        path: path.read_bytes()
        for path in self.directory.rglob('*')
        if path.is_file()
      },
    )

    parts = build_search(config, self.data)
    workdir = WorkDir(self.directory)
    SearchRecord(workdir).restore(
      parts, CheckpointStore(workdir.checkpoints_path).latest()
    )
    weights, states, alphas = parts.step.read()
    inner = InnerStep(
      parts.weight_optimizer.learning_rate.numpy(),
      config.momentum,
      config.weight_decay,
      [v.numpy() for v in parts.weight_optimizer.velocities],
    )
    pairs = zip(
      parts.weight_stream.batches(3, 5), parts.architecture_stream.batches(3, 5)
    )
    for i, pair in enumerate(pairs):
      for name, estimator in (
        ('first_order', architecture_gradients['first_order']()),
        ('second_order', architecture_gradients['second_order']()),
      ):
        expected = estimator(
          parts.step.problem(states), weights, alphas, *pair, inner
        )
        self.assertAllClose(
          result[name][i],
          np.concatenate([tf.reshape(g, [-1]) for g in expected.gradients]),
          rtol=1e-3,
          atol=1e-5,
        )
    self.assertNotAllClose(result['first_order'][0], result['first_order'][1])
    self.assertNotAllClose(result['strong'], result['first_order'])

  @parameterized.parameters(
    ({'x': {'gradient': 'amended', 'channels': 3}}, 2, 'channels=3'),
    ({'x': {'eta': 0.1}}, 2, 'expected gradient=NAME'),
    ({'x': {'gradient': 'amended', 'damping': 1.0}}, 2, 'damping=1.0'),
    ({}, 1, 'batches=1'),
  )
  def test_refused(self, estimators, num_batches, message):
    self.search()
    with self.assertRaisesRegex(InputError, message):
      self.gradients(estimators, num_batches)

  def test_not_a_finished_epoch_of_a_search(self):
    with self.assertRaisesRegex(RunStateError, 'No run here'):
      self.gradients({})
    directory = WorkDir(self.directory)
    directory.pin({'search_space': 'tiny', 'train_cells': 3})
    with self.assertRaisesRegex(RunStateError, 'not that of a search'):
      self.gradients({})
    directory.config_path.unlink()
    directory.pin(resolve(tiny_runs.SEARCH).pinned())
    with self.assertRaisesRegex(RunStateError, 'no checkpoint yet'):
      self.gradients({})

  def test_program(self):
    self.search()
    program = load_program(self, 'compare_gradients')
    output = self.directory / 'table.md'
    values = {'workdir': str(self.directory), 'batches': '2'}
    code, out, _ = run_program(
      program,
      **values,
      output=str(output),
      arm=['amended', 'small:gradient=amended,eta=0.01'],
    )
    self.assertIsNone(code)
    self.assertEqual(out, output.read_text())
    for name in ('first_order', 'amended', 'small'):
      self.assertIn(f'\n| {name} |', out)
    # The same correction, a tenth as long.
    self.assertRegex(out, r'\n\| amended \| 1.00 \| 1.00 \|')
    code, out, err = run_program(program, **values, arm=['amende'])
    self.assertEqual((code, out), (2, ''))
    self.assertRegex(err, r'^error: .*arm=.amende.*\n$')


if __name__ == '__main__':
  tf.test.main()
