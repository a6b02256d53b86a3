import dataclasses
import importlib.util
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest
from unittest import mock

import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from exported import INFO, expected_of, images_of, make_network

from darts_tf.config.errors import InputError, RunStateError
from darts_tf.export import (
  check_formats,
  export_formats,
  formats,
  frozen,
  read_exports,
  runner,
)
from darts_tf.runs.workdir import WorkDir

# What runs on another machine: neither TensorFlow nor the package.
RELOAD = {
  'tflite': """
from ai_edge_litert.interpreter import Interpreter
interpreter = Interpreter(model_path=path)
run = interpreter.get_signature_runner('serving_default')
predict = lambda images: run(images=images)['probabilities']
""",
  'onnx': """
import json
import onnxruntime
session = onnxruntime.InferenceSession(path)
predict = lambda images: session.run(None, {'images': images})[0]
names = session.get_modelmeta().custom_metadata_map['class_names']
assert json.loads(names) == ['ant', 'bee', 'cät']
""",
}
CHECK = """
arrays = np.load(data)
for images, expected in (
    (arrays['images'], arrays['probabilities']),
    (arrays['images'][:1], arrays['probabilities'][:1])):
  np.testing.assert_allclose(predict(images), expected, atol=1e-5)
assert 'darts_tf' not in sys.modules and 'tensorflow' not in sys.modules
print('equal')
"""


def missing(name):
  """The libraries of a format that are not there."""
  return [
    module
    for module in formats[name].modules
    if importlib.util.find_spec(module) is None
  ]


def require(test, *names):
  """Skips a test whose libraries are not there."""
  absent = sorted({module for name in names for module in missing(name)})
  if absent:
    test.skipTest(f'needs {", ".join(absent)}')


class FormatsTest(tf.test.TestCase, parameterized.TestCase):
  """A network in all formats."""

  @classmethod
  def setUpClass(cls):
    super().setUpClass()
    if any(map(missing, formats)):
      raise unittest.SkipTest(f'needs {sum(map(missing, formats), [])}')
    # Quantization leaves alone what has less than 1024 weights; wide kernels
    # have gradients of their own, which converters must not meet.
    cls.network = make_network(
      20, genotype='PC_DARTS_CIFAR', auxiliary=True, drop_path=True, remat=True
    )
    cls.images = images_of(70)
    cls.probabilities = expected_of(cls.network, cls.images)
    assert np.ptp(cls.probabilities, 0).max() > 0.2
    temporary = tempfile.TemporaryDirectory()
    cls.addClassCleanup(temporary.cleanup)
    cls.directory = pathlib.Path(temporary.name) / 'run'
    cls.records = export_formats(
      cls.network, INFO, cls.directory, tuple(formats), cls.images, runs=3
    )

  def test_figures(self):
    self.assertEqual([r.format for r in self.records], list(formats))
    by_name = {record.format: record for record in self.records}
    for name in ('saved_model', 'tflite', 'onnx'):
      self.assertLess(by_name[name].largest_difference, 1e-5)
      self.assertEqual(by_name[name].equal_predictions, 1.0)
    # It is rounded, and it is the network still.
    rounded = by_name['tflite_dynamic']
    self.assertBetween(rounded.largest_difference, 1e-4, 0.1)
    self.assertGreater(rounded.equal_predictions, 0.9)
    self.assertLess(rounded.bytes, 0.75 * by_name['tflite'].bytes)
    for record in self.records:
      self.assertEqual(
        (record.images, record.compared_on, record.runs), (70, 'test', 3)
      )
      self.assertGreater(record.milliseconds, 0)
      self.assertGreaterEqual(record.threads, 1)
      self.assertRegex(record.runtime, r'^[a-z-]+ \d+\.\d')
      self.assertEqual(record.precision, 'float32')

  def test_record_on_the_disk(self):
    fields = json.loads((self.directory / 'exports.json').read_text('utf-8'))
    self.assertEqual(fields, [dataclasses.asdict(r) for r in self.records])
    self.assertEqual(read_exports(WorkDir(self.directory)), self.records)
    for record in self.records:
      path = self.directory / record.path
      if path.is_file():
        self.assertEqual(record.bytes, os.path.getsize(path))
    self.assertCountEqual(
      os.listdir(self.directory),
      ['exports.json', *(formats[name].file_name for name in formats)],
    )

  @parameterized.parameters(*RELOAD)
  def test_runs_without_the_package(self, name):
    data = self.directory.parent / f'{name}.npz'
    np.savez(data, images=self.images, probabilities=self.probabilities)
    path = self.directory / formats[name].file_name
    program = (
      f'import sys\nimport numpy as np\npath, data = sys.argv[1:]\n'
      f'{RELOAD[name]}{CHECK}'
    )
    run = subprocess.run(
      [sys.executable, '-c', program, str(path), str(data)],
      capture_output=True,
      text=True,
      timeout=120,
      cwd=data.parent,
      check=False,
    )
    self.assertEqual(run.stdout, 'equal\n', run.stderr)

  def test_tflite_file(self):
    path = str(self.directory / 'network.tflite')
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_path=path)
    self.assertEqual(
      interpreter.get_signature_list(),
      {'serving_default': {'inputs': ['images'], 'outputs': ['probabilities']}},
    )
    (inputs,) = interpreter.get_input_details()
    self.assertEqual(inputs['dtype'], np.uint8)
    # One image unless it is resized, and any number then.
    self.assertAllEqual(inputs['shape'], (1, 8, 8, 3))
    self.assertAllEqual(inputs['shape_signature'], (-1, 8, 8, 3))


class ExportFormatsTest(tf.test.TestCase, parameterized.TestCase):
  """Failures of exports, on the smallest networks."""

  def setUp(self):
    super().setUp()
    self.directory = pathlib.Path(self.get_temp_dir()) / self.id()

  def export(self, network, *names, **options):
    options = {'runs': 1, **options}
    return export_formats(network, INFO, self.directory, names, **options)

  def test_half_precision_is_exported_as_float32(self):
    require(self, 'onnx')
    network = make_network(num_cells=1, dtype='mixed_bfloat16')
    (record,) = self.export(network, 'onnx')
    self.assertLess(record.largest_difference, 1e-5)
    self.assertEqual(record.precision, 'float32')
    images = images_of(4)
    exact = make_network(num_cells=1)
    for ours, theirs in zip(exact.variables, network.variables):
      ours.assign(theirs)
    run = formats['onnx'].load(self.directory / 'network.onnx', 1)
    self.assertAllClose(run(images), expected_of(exact, images), atol=1e-5)
    # To be worth a copy: the network itself is not that exact.
    self.assertNotAllClose(run(images), expected_of(network, images), atol=1e-4)

  @parameterized.parameters('saved_model', 'tflite', 'onnx')
  def test_other_predictions_are_refused(self, name):
    require(self, name)
    network = make_network(num_cells=1)
    real = formats[name]

    def load(path, threads):
      run = real.load(path, threads)
      return lambda images: run(images) + np.float32([2e-4, 0, 0])

    with mock.patch.dict(
      formats._values, {name: dataclasses.replace(real, load=load)}
    ):
      with self.assertRaisesRegex(
        RuntimeError, 'predicts something else.*at most 0.0001'
      ):
        self.export(network, name)
    self.assertFalse((self.directory / 'exports.json').exists())

  def test_no_number_is_refused_in_any_format(self):
    require(self, 'tflite_dynamic')
    made = dataclasses.replace(
      formats['tflite_dynamic'],
      load=lambda path, threads: (
        lambda images: np.full((len(images), 3), np.nan, np.float32)
      ),
    )
    with mock.patch.dict(formats._values, {'tflite_dynamic': made}):
      with self.assertRaisesRegex(RuntimeError, 'difference=nan'):
        self.export(make_network(num_cells=1), 'tflite_dynamic')

  def test_records_of_the_same_network_are_kept(self):
    network = make_network(num_cells=1)
    directory = WorkDir(self.directory)
    (first,) = self.export(network, 'saved_model')
    self.assertEqual((first.compared_on, first.images), ('random', 64))
    other = dataclasses.replace(first, format='onnx', path='network.onnx')
    gone = dataclasses.replace(first, format='tflite', path='gone')
    (self.directory / 'network.onnx').touch()
    directory.exports_path.write_text(
      json.dumps([dataclasses.asdict(r) for r in (other, gone)])
    )
    elsewhere = self.directory.parent / f'{self.id()}_elsewhere'
    again = self.export(
      network, 'saved_model', paths={'saved_model': elsewhere}
    )
    self.assertEqual([r.format for r in again], ['saved_model', 'onnx'])
    self.assertEqual(again[0].path, str(elsewhere.resolve()))
    self.assertTrue(tf.saved_model.contains_saved_model(str(elsewhere)))
    # Of other weights nothing on record holds.
    network.head.classifier.bias.assign([0.0, 0.5, 0.0])
    self.assertEqual(
      [r.format for r in self.export(network, 'saved_model')], ['saved_model']
    )

  def test_damaged_record(self):
    self.directory.mkdir(parents=True)
    for text in ('{', '[{"format": "onnx"}]', '3'):
      (self.directory / 'exports.json').write_text(text)
      with self.assertRaisesRegex(
        RunStateError, 'exports.json is damaged.*exports.json'
      ):
        read_exports(WorkDir(self.directory))

  def test_wrong_formats(self):
    with self.assertRaisesRegex(
      InputError,
      'Unknown format: expected one of onnx, saved_model,'
      " tflite, tflite_dynamic. Did you mean 'tflite'.*'tflit'",
    ):
      check_formats(['saved_model', 'tflit'])
    with self.assertRaisesRegex(InputError, 'nothing to export'):
      check_formats([])
    self.assertEqual(
      check_formats([' saved_model', 'saved_model']), ('saved_model',)
    )

  @parameterized.parameters(
    ('tflite', 'tflite', 'ai_edge_litert'),
    ('tflite_dynamic', 'tflite', 'ai_edge_litert'),
    ('onnx', 'onnx', 'onnx, tf2onnx, onnxruntime'),
  )
  def test_missing_library(self, name, extra, modules):
    with mock.patch.object(importlib.util, 'find_spec', return_value=None):
      self.assertEqual(check_formats(['saved_model']), ('saved_model',))
      with self.assertRaisesRegex(
        InputError,
        rf'library is missing for the format {name};.*pip'
        rf' install "darts_tf\[{extra}\]".*missing={modules}$',
      ):
        self.export(None, name)

  @parameterized.parameters('tflite', 'onnx')
  def test_operations_that_a_format_lacks(self, name):
    require(self, name)
    real = frozen.predict
    with mock.patch.object(
      frozen, 'predict', lambda *args: tf.math.betainc(real(*args), 0.5, 0.5)
    ):
      with self.assertRaisesRegex(
        InputError, 'cannot be written as .*operations=.*Betainc'
      ):
        self.export(make_network(num_cells=1), name)
    self.assertEmpty(os.listdir(self.directory))

  def test_paths(self):
    require(self, 'onnx')
    network = make_network(num_cells=1)
    path = self.directory / 'new' / 'sub' / 'there.onnx'
    (record,) = self.export(network, 'onnx', paths={'onnx': path})
    self.assertEqual(record.path, 'new/sub/there.onnx')
    self.assertEqual(record.bytes, path.stat().st_size)
    for wrong in (path / 'below_a_file', path.parent):
      with self.assertRaisesRegex(InputError, f"Cannot write here.*{wrong}'"):
        self.export(network, 'onnx', paths={'onnx': wrong})
    self.assertEqual(os.listdir(path.parent), ['there.onnx'])

  def test_images_and_data_sets_that_do_not_fit(self):
    network = make_network(num_cells=1)
    for images in (images_of(2) / 255, images_of(0)):
      with self.assertRaisesRegex(InputError, 'expected uint8 of shape'):
        self.export(network, 'saved_model', images=images)
    with self.assertRaisesRegex(InputError, "num_classes=3.*'two'"):
      export_formats(
        network,
        dataclasses.replace(INFO, name='two', class_names=('a', 'b')),
        self.directory,
      )
    self.assertFalse(self.directory.exists())


class RunnerTest(tf.test.TestCase):
  def test_median_of_runs_after_a_warm_up(self):
    calls = []
    # Nanoseconds do not matter: the clock is the test's.
    times = iter([0.0, 1.0, 10.0, 12.0, 20.0, 29.0])
    with mock.patch.object(runner.time, 'perf_counter', lambda: next(times)):
      found = runner.median_milliseconds(calls.append, 'image', 3)
    self.assertEqual(found, 2000.0)
    self.assertLen(calls, 5 + 3)

  def test_batches(self):
    sizes = []

    def run(images):
      sizes.append(len(images))
      return images

    self.assertAllEqual(
      runner.run_in_batches(run, np.arange(130)), np.arange(130)
    )
    self.assertEqual(sizes, [64, 64, 2])

  def test_comparison(self):
    found = np.array([[0.5, 0.5 - 1e-3], [0.2, 0.8], [0.6, 0.4], [0.9, 0.1]])
    expected = np.array([[0.5, 0.5], [0.2, 0.8], [0.4, 0.6], [0.9, 0.1]])
    self.assertEqual(
      dataclasses.astuple(runner.compare(found, expected)),
      (expected[2, 1] - found[2, 1], 0.75, 4),
    )


if __name__ == '__main__':
  tf.test.main()
