"""Numbers of trainable parameters, as published or counted elsewhere."""

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from darts_tf.genotype import load_genotype
from darts_tf.models import Network, Supernet
from darts_tf.search_space import search_spaces


def count(layer):
  return sum(int(np.prod(v.shape)) for v in layer.trainable_variables)


class ParameterCountsTest(tf.test.TestCase, parameterized.TestCase):
  @parameterized.parameters(
    ('DARTS_V1', 3_169_414), ('NASNet', 3_830_950), ('AmoebaNet', 3_145_078)
  )
  def test_cifar_networks(self, name, expected):
    network = Network(load_genotype(name), (32, 32, 3), 10, 36, 20)
    self.assertEqual(count(network), expected)

  def test_cifar_network_with_auxiliary_head(self):
    network = Network(
      load_genotype('DARTS_V2'), (32, 32, 3), 10, 36, 20, auxiliary=True
    )
    self.assertEqual(count(network), 3_825_768)
    self.assertEqual(count(network) - count(network.auxiliary_head), 3_349_342)

  def test_imagenet_network(self):
    network = Network(load_genotype('DARTS_V2'), (224, 224, 3), 1000, 48, 14)
    self.assertEqual(count(network), 4_718_752)

  @parameterized.parameters((16, 8, 1_930_618), (8, 5, 394_210))
  def test_supernet(self, channels, cells, expected):
    supernet = Supernet(
      search_spaces['darts'], (32, 32, 3), 10, channels, cells
    )
    self.assertEqual(count(supernet), expected)

  def test_course_supernet(self):
    supernet = Supernet(search_spaces['course'], (32, 32, 3), 10, 16, 8)
    self.assertEqual(count(supernet), 28_516_154)
    self.assertEqual(count(supernet.head), 27_531_018)


if __name__ == '__main__':
  tf.test.main()
