import importlib.util
import os
import sys
import types
import unittest
from unittest import mock

import numpy as np
import tensorflow as tf
from programs import load_program, run_program

from darts_tf.config.errors import RunStateError
from darts_tf.data import DatasetInfo
from darts_tf.export import read_exports, runner
from darts_tf.export.threads import usable_threads
from darts_tf.genotype import load_genotype
from darts_tf.models import Network
from darts_tf.runs.workdir import WorkDir

INFO = DatasetInfo('toy', (8, 8, 1), ('even', 'odd'), (0.5,), (0.3,), 9, 9)


class ExportProgramTest(tf.test.TestCase):
  def setUp(self):
    super().setUp()
    self.program = load_program(self, 'export')
    # Threads are set before anything has run; here much has.
    self.enter_context(mock.patch('darts_tf.export.threads.set_threads'))

  def main(self, load_trained, **values):
    """Returns the exit code, standard output and standard error."""
    training = types.ModuleType('darts_tf.training')
    training.load_trained = load_trained
    with mock.patch.dict(sys.modules, {training.__name__: training}):
      return run_program(self.program, **values)

  def test_exports(self):
    network = Network(load_genotype('DARTS_V1'), (8, 8, 1), 2, 2, 1)
    workdir = os.path.join(self.get_temp_dir(), self.id())
    loaded = []

    def load_trained(path):
      loaded.append(str(path))
      return network, INFO

    code, out, _ = self.main(load_trained, workdir=workdir)
    self.assertIsNone(code)
    self.assertEqual(loaded, [workdir])
    path = os.path.join(workdir, 'saved_model')
    self.assertRegex(
      out, 'Random images take the place of test images: No run here'
    )
    self.assertIn(f'SavedModel:     {path}\n', out)
    self.assertRegex(
      out, r'\nsaved_model +[\d.]+ [kM]B +[\d.]+ ms +(\d\.\de-0[6-9]|0\.0e)'
    )
    self.assertIn('100 % of 64', out)
    self.assertTrue(tf.saved_model.contains_saved_model(path))
    (record,) = read_exports(WorkDir(workdir))
    self.assertEqual(
      (record.format, record.path, record.threads),
      ('saved_model', 'saved_model', usable_threads()),
    )

    output = os.path.join(workdir, 'elsewhere')
    with mock.patch.object(
      runner, 'np', mock.Mock(wraps=np, max=lambda values: 0.5)
    ):
      with self.assertRaisesRegex(
        RuntimeError, 'predicts something else.*difference=0.5'
      ):
        self.main(load_trained, workdir=workdir, output=output, images='random')
    self.assertTrue(tf.saved_model.contains_saved_model(output))

  @unittest.skipUnless(
    importlib.util.find_spec('onnxruntime'), 'needs onnxruntime'
  )
  def test_wrong_flags(self):
    def load_trained(path):
      raise AssertionError('Before anything is loaded.')

    for values, message in (
      ({'formats': ['saved_model', 'onx']}, "Did you mean 'onnx'"),
      (
        {'formats': ['saved_model', 'onnx'], 'output': 'there'},
        'One path cannot hold several formats.*output=.there',
      ),
    ):
      code, out, err = self.main(load_trained, workdir='nowhere', **values)
      self.assertEqual((code, out), (2, ''))
      self.assertRegex(err, f'^error: .*{message}.*\n$')
    with mock.patch.object(importlib.util, 'find_spec', return_value=None):
      code, _, err = self.main(
        load_trained, workdir='nowhere', formats=['tflite']
      )
    self.assertEqual(code, 2)
    self.assertIn('pip install "darts_tf[tflite]"', err)
    self.assertFalse(os.path.exists('nowhere'))

  def test_refused(self):
    def load_trained(path):
      raise RunStateError(f'No run here. Received: workdir={path}')

    code, out, err = self.main(load_trained, workdir='nowhere')
    self.assertEqual(code, 2)
    self.assertEqual(out, '')
    self.assertEqual(err, 'error: No run here. Received: workdir=nowhere\n')


if __name__ == '__main__':
  tf.test.main()
