import json
import os
import pathlib
import subprocess
import sys
from unittest import mock

import keras
import numpy as np
import tensorflow as tf
from exported import INFO, expected_of, images_of, make_network

from darts_tf.config.errors import InputError, ResourceError
from darts_tf.data import DatasetInfo
from darts_tf.export import export_network, verify_export
from darts_tf.genotype import CellGenotype, Genotype

# What a server does: it knows nothing of the package.
RELOAD = """
import sys
import numpy as np
import tensorflow as tf
path, data = sys.argv[1:]
arrays = np.load(data)
served = tf.saved_model.load(path).signatures['serving_default']
found = served(images=tf.constant(arrays['images']))['probabilities']
np.testing.assert_allclose(found, arrays['probabilities'], atol=1e-5)
assert 'darts_tf' not in sys.modules
print('equal')
"""


class ExportTest(tf.test.TestCase):
  @classmethod
  def setUpClass(cls):
    super().setUpClass()
    # Not every draw of first weights tells images apart.
    keras.utils.set_random_seed(7)
    cls.network = make_network(auxiliary=True, drop_path=True)
    cls.images = images_of(5)
    cls.probabilities = expected_of(cls.network, cls.images)
    assert np.ptp(cls.probabilities, 0).max() > 0.1

  def path(self):
    return os.path.join(self.get_temp_dir(), self.id(), 'export')

  def test_reloaded_model(self):
    path = self.path()
    self.assertEqual(export_network(self.network, INFO, path), path)
    loaded = tf.saved_model.load(path)
    images = tf.constant(self.images)

    served = loaded.signatures['serving_default'](images=images)
    self.assertEqual(list(served), ['probabilities'])
    self.assertEqual(served['probabilities'].dtype, tf.float32)
    self.assertAllClose(served['probabilities'], self.probabilities, atol=1e-5)
    self.assertAllClose(loaded(images), self.probabilities, atol=1e-5)
    # One image, as another batch size; images do not mix.
    self.assertAllClose(loaded(images[:1]), self.probabilities[:1], atol=1e-5)

    found = loaded.signatures['classify'](images=images)
    best = self.probabilities.argmax(-1)
    self.assertEqual(
      [label.decode() for label in found['label'].numpy()],
      [INFO.class_names[index] for index in best],
    )
    self.assertAllClose(
      found['probability'], self.probabilities.max(-1), atol=1e-5
    )

    self.assertEqual(
      [name.decode() for name in loaded.class_names.numpy()],
      list(INFO.class_names),
    )
    extra = pathlib.Path(path) / 'assets.extra'
    self.assertEqual(
      json.loads((extra / 'class_names.json').read_text('utf-8')),
      list(INFO.class_names),
    )
    self.assertEqual(
      Genotype.load(extra / 'genotype.json'), self.network.genotype
    )

    self.assertLess(verify_export(path, self.network, self.images), 1e-5)
    self.assertLess(verify_export(path, self.network, self.images, INFO), 1e-5)

    data = os.path.join(os.path.dirname(path), 'expected.npz')
    np.savez(data, images=self.images, probabilities=self.probabilities)
    run = subprocess.run(
      [sys.executable, '-c', RELOAD, path, data],
      capture_output=True,
      text=True,
      timeout=120,
      cwd=os.path.dirname(path),
      check=False,
    )
    self.assertEqual(run.stdout, 'equal\n', run.stderr)

  def test_verify_sees_other_weights_and_other_normalization(self):
    path = self.path()
    network = make_network(num_cells=1)
    export_network(network, INFO, path)
    exact = verify_export(path, network, self.images)
    network.head.classifier.bias.assign([0.0, 0.5, 0.0])
    self.assertGreater(verify_export(path, network, self.images), exact + 1e-3)
    export_network(network, INFO, path)  # replaces
    self.assertLess(verify_export(path, network, self.images), 1e-5)
    self.assertEqual(os.listdir(os.path.dirname(path)), ['export'])
    other = DatasetInfo(
      'toy', (8, 8, 3), INFO.class_names, INFO.mean, (1.0, 1.0, 1.0), 9, 9
    )
    self.assertGreater(verify_export(path, network, self.images, other), 1e-4)

  def test_failure_keeps_the_earlier_export(self):
    path = pathlib.Path(self.path())
    path.mkdir(parents=True)
    (path / 'saved_model.pb').write_text('earlier')

    def fail(served, directory, signatures):
      pathlib.Path(directory, 'saved_model.pb').write_text('half')
      raise tf.errors.ResourceExhaustedError(None, None, 'No space left')

    with mock.patch.object(tf.saved_model, 'save', fail):
      with self.assertRaisesRegex(ResourceError, f'disk is full.*{path}'):
        export_network(self.network, INFO, path)
    self.assertEqual((path / 'saved_model.pb').read_text(), 'earlier')
    self.assertEqual(os.listdir(path.parent), ['export'])

  def test_failed_exchange_keeps_the_earlier_export(self):
    path = pathlib.Path(self.path())
    path.mkdir(parents=True)
    (path / 'saved_model.pb').write_text('earlier')
    rename = os.rename

    def fail_once(source, target):
      if str(source).endswith('.tmp'):
        raise OSError('interrupted')
      rename(source, target)

    with (
      mock.patch.object(tf.saved_model, 'save'),
      mock.patch.object(os, 'rename', fail_once),
    ):
      with self.assertRaisesRegex(OSError, 'interrupted'):
        export_network(self.network, INFO, path)
    self.assertEqual((path / 'saved_model.pb').read_text(), 'earlier')
    self.assertEqual(os.listdir(path.parent), ['export'])

  def test_foreign_directory(self):
    path = pathlib.Path(self.path())
    path.mkdir(parents=True)
    (path / 'thesis.tex').write_text('')
    for name in ('saved_model.pb', 'variables'):
      with self.assertRaisesRegex(
        InputError, "something else, which would be lost.*'thesis.tex'"
      ):
        export_network(self.network, INFO, path)
      (path / name).write_text('')
    self.assertTrue((path / 'thesis.tex').exists())

  def test_path_is_a_file(self):
    path = pathlib.Path(self.path())
    path.parent.mkdir(parents=True)
    path.write_text('')
    with self.assertRaisesRegex(InputError, f'Cannot write here.*{path}'):
      export_network(self.network, INFO, path)

  def test_other_data_set(self):
    for other, message in (
      (
        DatasetInfo(
          'big', (9, 9, 3), INFO.class_names, INFO.mean, INFO.std, 9, 9
        ),
        r"image_shape=\(8, 8, 3\). Received: dataset='big'",
      ),
      (
        DatasetInfo('two', (8, 8, 3), ('a', 'b'), INFO.mean, INFO.std, 9, 9),
        "num_classes=3. Received: dataset='two' with num_classes=2",
      ),
    ):
      with self.assertRaisesRegex(InputError, message):
        export_network(self.network, other, self.path())

  def test_missing_nodes(self):
    # Nothing leads to node 4, which is all that node 5 reads.
    cell = CellGenotype(
      (
        ('sep_conv_3x3', 0, 2),
        ('skip_connect', 2, 3),
        ('max_pool_3x3', 1, 3),
        ('skip_connect', 1, 3),
        ('sep_conv_3x3', 4, 5),
      ),
      (2, 3, 4, 5),
    )
    genotype = Genotype('darts', {'normal': cell, 'reduce': cell})
    file = os.path.join(self.get_temp_dir(), 'missing_nodes.json')
    genotype.save(file)
    keras.utils.set_random_seed(0)
    network = make_network(genotype=file)
    path = export_network(network, INFO, self.path())
    expected = expected_of(network, self.images)
    self.assertGreater(np.ptp(expected, 0).max(), 0.1)
    served = tf.saved_model.load(path)
    self.assertAllClose(served(self.images), expected, atol=1e-5)
    self.assertLess(verify_export(path, network, self.images), 1e-6)
    self.assertEqual(
      Genotype.load(os.path.join(path, 'assets.extra/genotype.json')), genotype
    )

  def test_verify_refuses(self):
    with self.assertRaisesRegex(InputError, 'No SavedModel here.*nowhere'):
      verify_export('/nowhere', self.network, self.images)
    for images in (self.images / 255, self.images[:0], self.images[:, 1:]):
      with self.assertRaisesRegex(
        InputError, r'expected uint8 of shape \(n, 8, 8, 3\)'
      ):
        verify_export('/nowhere', self.network, images)

  def test_export_of_keras(self):
    path = self.path()
    self.network.export(
      path,
      verbose=False,
      input_signature=[tf.TensorSpec((None, 8, 8, 3), tf.float32)],
    )
    pixels = (self.images / 255 - INFO.mean) / INFO.std
    loaded = tf.saved_model.load(path)
    logits = loaded.serve(tf.constant(pixels, tf.float32))
    self.assertAllClose(tf.nn.softmax(logits), self.probabilities, atol=1e-5)


if __name__ == '__main__':
  tf.test.main()
