"""The published networks for ImageNet, and steps of their training."""

import tempfile

import numpy as np
import pytest
import tensorflow as tf
import tiny_runs
from absl.testing import parameterized
from flag_files import configurations, read

from darts_tf.analysis import describe_network
from darts_tf.data import DatasetInfo
from darts_tf.data.image_data import make_image_data
from darts_tf.genotype import load_genotype
from darts_tf.training import run_training
from darts_tf.training.build import build_network

SHAPE = (224, 224, 3)
CLASSES = tuple(f'n{i:08d}' for i in range(1000))
INFO = DatasetInfo(
  'imagenet2012', SHAPE, CLASSES, (0.5,) * 3, (0.25,) * 3, 1, 1
)


def recipe(name):
  """Returns the configuration and the genotype of a flag file."""
  program, values = read(name)
  (config,) = configurations(program, values)[0]
  return config, load_genotype(values['genotype'])


class ImageNetRecipesTest(tf.test.TestCase, parameterized.TestCase):
  # Multiply-additions: as counted, and as published, which charges for more
  # than products.
  @parameterized.parameters(
    ('train_imagenet_mobile.flags', 4_718_752, 529_911_552, 574e6),
    ('train_imagenet_mobile_1024.flags', 4_944_352, 542_819_328, 557e6),
  )
  def test_sizes(self, name, parameters, multiply_adds, published):
    network = build_network(*recipe(name), INFO)
    older, newer = network.stem.compute_output_shape((None, *SHAPE))
    self.assertEqual(older, (None, 56, 56, 48))
    self.assertEqual(newer, (None, 28, 28, 48))
    found = describe_network(network)
    self.assertEqual(found['parameters'], parameters)
    self.assertEqual(found['multiply_adds'], multiply_adds)
    self.assertBetween(found['multiply_adds'], 0.9 * published, published)
    self.assertLess(published, 600e6)

  @parameterized.parameters(
    'train_imagenet_mobile.flags', 'train_imagenet_mobile_1024.flags'
  )
  @pytest.mark.slow
  def test_trains(self, name):
    config, genotype = recipe(name)
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (4, *SHAPE), np.uint8)
    labels = np.array([0, 999, 500, 1], np.int32)
    data = make_image_data(
      'stand-in', images, labels, images[:2], labels[:2], CLASSES
    )
    with tempfile.TemporaryDirectory() as directory, tiny_runs.quick_graphs():
      trained = run_training(
        config.replace(epochs=6, stop_epoch=1, batch_size=2, steps_per_epoch=2),
        genotype,
        directory,
        data,
        verbose=False,
      )
    # Of 1000 classes, and a second classifier of the same.
    self.assertBetween(
      trained.metrics[0]['train_loss'],
      1.4 * np.log(1000) / 2,
      1.4 * np.log(1000) * 2,
    )
    self.assertTrue(np.isfinite(trained.test_loss))


if __name__ == '__main__':
  tf.test.main()
