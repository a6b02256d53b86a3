"""Networks of all search spaces as TFLite and ONNX."""

import dataclasses
import importlib.util
import tempfile

import numpy as np
import pytest
import tensorflow as tf
from absl.testing import parameterized
from conformance_cases import fewest_cells

from darts_tf.data import DatasetInfo
from darts_tf.discretize import random_genotype
from darts_tf.export import export_formats, formats
from darts_tf.models import Network
from darts_tf.search_space import search_spaces

INFO = DatasetInfo(
  'toy',
  (16, 16, 3),
  ('ant', 'bee', 'cat'),
  (0.4, 0.5, 0.6),
  (0.2, 0.3, 0.4),
  9,
  9,
)
# One cell with a residual block; noise, which has to become a constant.
QUICK = ('nas_bench_201', 's4')


class SpacesTest(tf.test.TestCase, parameterized.TestCase):
  def check(self, name):
    missing = {
      module
      for key in formats
      for module in formats[key].modules
      if importlib.util.find_spec(module) is None
    }
    if missing:
      self.skipTest(f'needs {", ".join(sorted(missing))}')
    cells = fewest_cells(name)
    network = Network(
      random_genotype(search_spaces[name], 0, cells),
      INFO.image_shape,
      INFO.num_classes,
      4,
      cells,
    )
    images = np.random.default_rng(0).integers(
      0, 256, (8, *INFO.image_shape), np.uint8
    )
    # Statistics with which images are told apart.
    step = tf.function(lambda x: network(x, training=True), autograph=False)
    for _ in range(20):
      step(images / np.float32(255))
    with tempfile.TemporaryDirectory() as directory:
      records = export_formats(
        network, INFO, directory, ('tflite', 'onnx'), images, runs=1
      )
    for record in records:
      self.assertLess(
        record.largest_difference, 1e-5, dataclasses.asdict(record)
      )

  @parameterized.parameters(*QUICK)
  def test_quick(self, name):
    self.check(name)

  @parameterized.parameters(*(n for n in search_spaces if n not in QUICK))
  @pytest.mark.slow
  def test_all(self, name):
    self.check(name)


if __name__ == '__main__':
  tf.test.main()
