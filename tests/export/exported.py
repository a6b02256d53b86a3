"""Small networks that tell images apart, to be exported."""

import numpy as np
import tensorflow as tf

from darts_tf.data import DatasetInfo
from darts_tf.genotype import load_genotype
from darts_tf.models import Network

INFO = DatasetInfo(
  'toy',
  (8, 8, 3),
  ('ant', 'bee', 'cät'),
  (0.4, 0.5, 0.6),
  (0.2, 0.3, 0.4),
  9,
  9,
)


def make_network(channels=4, num_cells=3, genotype='DARTS_V2', **options):
  network = Network(
    load_genotype(genotype), (8, 8, 3), 3, channels, num_cells, **options
  )
  # Statistics of some images: without them little is left of an image at
  # the end, and any export would be as good as the network.
  pixels = (images_of(32) / 255 - INFO.mean) / INFO.std
  step = tf.function(
    lambda: network(pixels.astype(np.float32), training=True), autograph=False
  )
  for _ in range(20):
    step()
  kernel = network.head.classifier.kernel
  kernel.assign(10 * kernel)
  return network


def images_of(count):
  return np.random.default_rng(0).integers(0, 256, (count, 8, 8, 3), np.uint8)


def expected_of(network, images):
  """Probabilities by another way than the one that is exported."""
  pixels = (images / 255 - INFO.mean) / INFO.std
  logits = network(pixels.astype(np.float32), training=False)
  return tf.nn.softmax(tf.cast(logits, tf.float32)).numpy()
