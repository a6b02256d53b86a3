import tensorflow as tf
from absl.testing import parameterized

from darts_tf.config.errors import InputError
from darts_tf.genotype.parameterized import parse
from darts_tf.layers import SeparableConv, build_operation
from darts_tf.layers.own_operations import OWN_LAYERS, own_layer
from darts_tf.search_space import OperationStyle, operations


class OwnOperationsTest(tf.test.TestCase, parameterized.TestCase):
  def test_names_are_known_without_layers(self):
    # Others may have been registered by other tests.
    named = {name for name in operations if operations[name].build is None}
    self.assertEqual(named, {*OWN_LAYERS, 'max_pool_3x3', 'avg_pool_3x3'})

  @parameterized.parameters(*OWN_LAYERS, 'conv_k5_d2_m3', 'max_pool_5x5')
  def test_each_name_has_a_layer(self, name):
    for stride in (1, 2):
      layer = build_operation(name, 4, stride, OperationStyle())
      layer.build((None, 8, 8, 4))
      shape = layer(tf.ones([2, 8, 8, 4])).shape
      self.assertEqual(tuple(shape), (2, 8 // stride, 8 // stride, 4))

  def test_numbers_in_names(self):
    for name in ('conv_k5_d2_m3-1', 'sep_conv_5x5', 'dil_conv_3x3'):
      layer = build_operation(name, 4, 1, OperationStyle())
      self.assertIsInstance(layer, SeparableConv)
      read = parse(name)
      if read:
        self.assertEqual(
          (layer.kernel_size, layer.dilation, layer.widths),
          (read.kernel, read.dilation, read.widths),
        )
    self.assertEqual(
      build_operation('sep_conv_5x5', 4, 1, OperationStyle()).kernel_size, 5
    )

  def test_an_unknown_name(self):
    with self.assertRaisesRegex(InputError, "Did you mean 'noise'"):
      own_layer('noice')


if __name__ == '__main__':
  tf.test.main()
