import keras
import tensorflow as tf
from absl.testing import parameterized

from darts_tf.analysis import describe_network, multiply_adds, parameters
from darts_tf.analysis.graph_cost import graph_multiply_adds
from darts_tf.config.errors import InputError
from darts_tf.genotype import load_genotype
from darts_tf.models import Network

SHAPE = (7, 7, 4)


class Function(keras.layers.Layer):
  """A layer from a function, as a user would write one."""

  def __init__(self, function):
    super().__init__()
    self.function = function
    self.built = True

  def call(self, x):
    return self.function(x)


def ones(*shape):
  return tf.ones(shape)


def by_formula(name, channels, num_cells, sizes, stem, num_classes):
  """Multiply-additions from a genotype alone, for sizes that are even.

  `sizes` are those of the first cell's older and newer input.
  """
  cells = load_genotype(name).cells
  total = stem
  inputs = [(sizes[0], channels), (sizes[1], channels)]
  if sizes[0] == sizes[1]:  # the small stem has three times the channels
    inputs = [(sizes[0], 3 * channels)] * 2
  for index in range(num_cells):
    reduces = index in (num_cells // 3, 2 * num_cells // 3)
    cell = cells['reduce' if reduces else 'normal']
    channels *= 2 if reduces else 1
    size = inputs[1][0]
    # Halving an input takes two products, each with half of the channels,
    # so it costs what a product at the newer input's size costs.
    total += sum(c * channels * size**2 for _, c in inputs)
    for operation, source, _ in cell.edges:
      out = size // 2 if reduces else size
      if operation.startswith(('sep_conv', 'dil_conv')):
        units = 2 if operation.startswith('sep') else 1
        kernel = int(operation[-1]) ** 2
        total += units * (kernel + channels) * channels * out**2
      elif operation == 'skip_connect' and reduces and source < 2:
        total += channels * channels * out**2
    inputs = [
      inputs[1],
      (size // 2 if reduces else size, channels * len(cell.output)),
    ]
  return total + inputs[1][1] * num_classes


class ParametersTest(tf.test.TestCase):
  def test_trainable_only(self):
    model = keras.Sequential(
      [keras.layers.Dense(5), keras.layers.BatchNormalization()]
    )
    model.build((None, 4))
    self.assertEqual(parameters(model), 4 * 5 + 5 + 2 * 5)


class MultiplyAddsTest(tf.test.TestCase, parameterized.TestCase):
  @parameterized.named_parameters(
    ('same', dict(padding='same'), 7 * 7 * 9 * 4 * 6),
    ('valid', {}, 5 * 5 * 9 * 4 * 6),
    ('stride', dict(strides=2, padding='same'), 4 * 4 * 9 * 4 * 6),
    ('groups', dict(groups=2), 5 * 5 * 9 * 2 * 6),
    ('dilation', dict(dilation_rate=2, padding='same'), 7 * 7 * 9 * 4 * 6),
    ('relu', dict(activation='relu', use_bias=True), 5 * 5 * 9 * 4 * 6),
  )
  def test_keras_convolution(self, options, expected):
    layer = keras.layers.Conv2D(6, 3, **options)
    self.assertEqual(multiply_adds(layer, SHAPE), expected)

  @parameterized.parameters(
    (1, 'same', 7 * 7),
    (2, 'same', 7 * 7),
    (2, 'valid', 3 * 3),
    (3, 'same', 7 * 7),
    (3, 'valid', 1),
  )
  def test_dilated_depthwise(self, dilation, padding, positions):
    # Padding to whole small images must not count: 7 is odd.
    layer = keras.layers.DepthwiseConv2D(
      3, depth_multiplier=2, dilation_rate=dilation, padding=padding
    )
    self.assertEqual(multiply_adds(layer, SHAPE), positions * 9 * 4 * 2)

  def test_transposed_convolution(self):
    layer = keras.layers.Conv2DTranspose(6, 3, strides=2)
    self.assertEqual(multiply_adds(layer, SHAPE), 7 * 7 * 9 * 4 * 6)

  @parameterized.named_parameters(
    (
      'matrix',
      lambda x: tf.matmul(tf.reshape(x, [-1, 4]), ones(4, 6)),
      49 * 4 * 6,
    ),
    (
      'transposed',
      lambda x: tf.matmul(
        tf.reshape(x, [-1, 4]), ones(49, 3), transpose_a=True
      ),
      49 * 4 * 3,
    ),
    ('batch', lambda x: tf.matmul(x, ones(4, 6)), 49 * 4 * 6),
    (
      'batch_transposed',
      lambda x: tf.matmul(x, ones(1, 7, 7, 3), transpose_a=True),
      7 * 4 * 7 * 3,
    ),
    ('einsum', lambda x: tf.einsum('...c,cd->...d', x, ones(4, 6)), 49 * 4 * 6),
    (
      'einsum_sums',
      lambda x: tf.einsum('bhwc,hd->bwd', x, ones(7, 3)),
      7 * 7 * 4 * 3,
    ),
    ('neither', lambda x: tf.nn.relu(x) + tf.nn.avg_pool2d(x, 3, 1, 'SAME'), 0),
  )
  def test_function(self, function, expected):
    self.assertEqual(multiply_adds(Function(function), SHAPE), expected)

  def test_called_functions_count_at_each_call(self):
    dense = tf.function(lambda x: tf.matmul(x, ones(4, 4)))
    self.assertEqual(
      multiply_adds(Function(lambda x: dense(dense(x))), SHAPE), 2 * 49 * 4 * 4
    )

  def test_dearest_alternative(self):
    def either(x):
      return tf.cond(
        tf.reduce_sum(x) > 0,
        lambda: tf.matmul(x, ones(4, 6)),
        lambda: tf.matmul(tf.matmul(x, ones(4, 5)), ones(5, 6)),
      )

    self.assertEqual(
      multiply_adds(Function(either), SHAPE), 49 * (4 * 5 + 5 * 6)
    )

  def test_loop(self):
    layer = Function(
      lambda x: tf.while_loop(
        lambda i, y: i < 3,
        lambda i, y: (i + 1, tf.matmul(y, ones(4, 4))),
        [0, x],
      )[1]
    )
    with self.assertRaisesRegex(
      InputError, 'inside a loop cannot be counted.*While'
    ):
      multiply_adds(layer, SHAPE)

  def test_unknown_shape(self):
    layer = Function(
      lambda x: tf.matmul(tf.boolean_mask(x, x[..., 0] > 0), ones(4, 4))
    )
    with self.assertRaisesRegex(
      InputError, r'expected a static shape.*MatMul.*shape=\(None, 4\)'
    ):
      multiply_adds(layer, SHAPE)

  def test_trains_nothing(self):
    # Inference: no dropout, no statistics are moved.
    layer = keras.layers.BatchNormalization()
    self.assertEqual(multiply_adds(layer, SHAPE), 0)
    self.assertAllEqual(layer.moving_variance, [1, 1, 1, 1])


class GradientTest(tf.test.TestCase, parameterized.TestCase):
  @parameterized.named_parameters(
    (
      'same',
      lambda x, k: tf.nn.conv2d(x, k, 1, 'SAME'),
      (3, 3, 4, 6),
      7 * 7 * 9 * 4 * 6,
    ),
    (
      'stride',
      lambda x, k: tf.nn.conv2d(x, k, 2, 'VALID'),
      (3, 3, 4, 6),
      3 * 3 * 9 * 4 * 6,
    ),
    (
      'depthwise',
      lambda x, k: tf.nn.depthwise_conv2d(x, k, [1, 1, 1, 1], 'SAME'),
      (3, 3, 4, 2),
      7 * 7 * 9 * 4 * 2,
    ),
    ('product', lambda x, k: tf.matmul(x, k), (4, 6), 49 * 4 * 6),
  )
  def test_each_of_two_gradients_costs_what_the_product_does(
    self, product, kernel_shape, expected
  ):
    def gradients(x, kernel):
      with tf.GradientTape() as tape:
        tape.watch([x, kernel])
        loss = tf.reduce_sum(product(x, kernel) ** 2)
      return tape.gradient(loss, [x, kernel])

    graph = (
      tf.function(gradients, autograph=False)
      .get_concrete_function(
        tf.TensorSpec((1, *SHAPE)), tf.TensorSpec(kernel_shape)
      )
      .graph
    )
    self.assertEqual(graph_multiply_adds(graph), 3 * expected)


class DescribeNetworkTest(tf.test.TestCase, parameterized.TestCase):
  def test_imagenet_network(self):
    network = Network(
      load_genotype('DARTS_V2'),
      (224, 224, 3),
      1000,
      48,
      14,
      auxiliary_norm=False,
    )
    stem = 112**2 * 27 * 24 + 56**2 * 9 * 24 * 48 + 28**2 * 9 * 48 * 48
    expected = by_formula('DARTS_V2', 48, 14, (56, 28), stem, 1000)
    self.assertEqual(expected, 529_911_552)
    self.assertEqual(
      describe_network(network),
      {
        'parameters': 4_718_752,
        # 128 and 768 kernels, one normalization, classifier with bias.
        'parameters_with_auxiliary': 4_718_752
        + 768 * 128
        + 2 * 128
        + 4 * 128 * 768
        + 769 * 1000,
        'multiply_adds': expected,
      },
    )

  @parameterized.parameters('DARTS_V1', 'PC_DARTS_CIFAR')
  def test_formula(self, name):
    network = Network(load_genotype(name), (12, 12, 3), 5, 4, 3)
    stem = 12**2 * 27 * 3 * 4
    self.assertEqual(
      describe_network(network)['multiply_adds'],
      by_formula(name, 4, 3, (12, 12), stem, 5),
    )

  def test_auxiliary_head_costs_no_inference(self):
    genotype = load_genotype('DARTS_V2')
    without, having = (
      Network(genotype, (16, 16, 3), 3, 4, 2, auxiliary=auxiliary)
      for auxiliary in (False, True)
    )
    self.assertEqual(describe_network(without), describe_network(having))
    self.assertEqual(
      parameters(having), describe_network(having)['parameters_with_auxiliary']
    )
    self.assertEqual(
      parameters(without), describe_network(without)['parameters']
    )

  def test_map_too_small_for_an_auxiliary_head(self):
    network = Network(load_genotype('DARTS_V2'), (4, 4, 3), 3, 2, 3)
    self.assertIsNone(describe_network(network)['parameters_with_auxiliary'])

  def test_other_dtype(self):
    genotype = load_genotype('DARTS_V2')
    network = Network(genotype, (8, 8, 3), 3, 2, 1)
    double = Network(
      genotype, (8, 8, 3), 3, 2, 1, style=network.style.replace(dtype='float64')
    )
    self.assertEqual(describe_network(double), describe_network(network))


if __name__ == '__main__':
  tf.test.main()
