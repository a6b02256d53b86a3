import os
import sys
import types
from unittest import mock

import tensorflow as tf
from programs import load_program, run_program

import darts_tf
import darts_tf.export
from darts_tf.data import DatasetInfo
from darts_tf.errors import InputError
from darts_tf.genotype import load_genotype
from darts_tf.models import Network

INFO = DatasetInfo(
    'toy', (8, 8, 1), ('even', 'odd'), (.5,), (.3,), 9, 9)


class ExportProgramTest(tf.test.TestCase):

  def setUp(self):
    super().setUp()
    self.program = load_program(self, 'export')

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
    self.assertIn(f'SavedModel: {path}\n', out)
    self.assertRegex(out, r'Largest difference .*: \d\.\de-0[6-9]|0\.0e')
    self.assertTrue(tf.saved_model.contains_saved_model(path))

    output = os.path.join(workdir, 'elsewhere')
    with mock.patch.object(
        darts_tf.export, 'verify_export', return_value=.5):
      with self.assertRaisesRegex(
          RuntimeError, 'predicts something else.*difference=0.5'):
        self.main(load_trained, workdir=workdir, output=output)
    self.assertTrue(tf.saved_model.contains_saved_model(output))

  def test_refused(self):
    def load_trained(path):
      raise InputError(f'No run here. Received: workdir={path}')
    code, out, err = self.main(load_trained, workdir='nowhere')
    self.assertEqual(code, 2)
    self.assertEqual(out, '')
    self.assertEqual(err, 'error: No run here. Received: workdir=nowhere\n')


if __name__ == '__main__':
  tf.test.main()
