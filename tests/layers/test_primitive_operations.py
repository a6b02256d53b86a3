"""Operations against slow NumPy loops that share no code with them."""

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from darts_tf import layers
from darts_tf.config.errors import InputError
from darts_tf.layers import build_operation
from darts_tf.layers.convolution import depthwise_conv
from darts_tf.search_space import OperationStyle

SIZES = ((7, 7), (6, 9), (8, 6))
SHAPES = tuple(
  {'stride': stride, 'size': size} for stride in (1, 2) for size in SIZES
)
STYLE = OperationStyle(affine=True, pool_norm=True, dtype='float64')


def relu(x):
  return np.maximum(x, 0)


def windows(x, rows, columns, stride, dilation, fill):
  """Yields each output place and the pixels that its kernel covers."""
  height, width = x.shape[1:3]
  top, left = dilation * (rows // 2), dilation * (columns // 2)
  padded = np.full(
    (x.shape[0], height + 2 * top, width + 2 * left, x.shape[3]), fill
  )
  padded[:, top : top + height, left : left + width] = x
  for i, y in enumerate(range(0, height, stride[0])):
    for j, z in enumerate(range(0, width, stride[1])):
      yield (
        i,
        j,
        padded[
          :,
          y : y + dilation * rows : dilation,
          z : z + dilation * columns : dilation,
        ],
      )


def empty(x, stride, channels):
  height, width = x.shape[1:3]
  return np.full(
    (
      x.shape[0],
      int(np.ceil(height / stride[0])),
      int(np.ceil(width / stride[1])),
      channels,
    ),
    np.nan,
  )


def dense_conv(x, kernel, stride=(1, 1)):
  y = empty(x, stride, kernel.shape[-1])
  for i, j, w in windows(x, *kernel.shape[:2], stride, 1, 0.0):
    y[:, i, j] = np.einsum('nrck,rcko->no', w, kernel)
  return y


def depthwise(x, kernel, stride, dilation):
  y = empty(x, (stride, stride), x.shape[-1])
  for i, j, w in windows(x, *kernel.shape[:2], (stride, stride), dilation, 0.0):
    y[:, i, j] = np.einsum('nrck,rck->nk', w, kernel[..., 0])
  return y


def pool(x, stride, kind):
  y = empty(x, (stride, stride), x.shape[-1])
  fill = 0.0 if kind == 'padded_mean' else np.nan
  reduce = {'max': np.nanmax, 'mean': np.nanmean, 'padded_mean': np.mean}
  for i, j, w in windows(x, 3, 3, (stride, stride), 1, fill):
    y[:, i, j] = reduce[kind](w, axis=(1, 2))
  return y


def norm(x, weights, prefix, training):
  if training:
    mean, variance = x.mean((0, 1, 2)), x.var((0, 1, 2))
  else:
    mean = weights[f'{prefix}.moving_mean']
    variance = weights[f'{prefix}.moving_variance']
  y = (x - mean) / np.sqrt(variance + 1e-5)
  return y * weights.get(f'{prefix}.gamma', 1.0) + weights.get(
    f'{prefix}.beta', 0.0
  )


def separable(x, w, stride, units, dilation, training):
  for unit in range(units):
    x = depthwise(
      relu(x), w[f'depthwise_{unit}'], 1 if unit else stride, dilation
    )
    x = np.einsum('nhwc,co->nhwo', x, w[f'pointwise_{unit}'][0, 0])
    x = norm(x, w, f'norm_{unit}', training)
  return x


def randomize(views, rng):
  """Gives all weights of an operation random values; returns them."""
  for name, view in views.items():
    value = rng.normal(size=view.read().shape)
    view.assign(np.exp(value) if name.endswith('variance') else value)
  return {name: view.read() for name, view in views.items()}


class PrimitiveOperationsTest(tf.test.TestCase, parameterized.TestCase):
  def make(self, name, stride, size, style=STYLE, channels=4):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2, *size, channels))
    layer = build_operation(name, channels, stride, style)
    layer.build((None, *size, channels))
    weights = randomize(layer.weight_views(), rng)
    return layer, x, weights

  def check(self, layer, x, reference):
    """Compares inference first: training moves the statistics."""
    for training in (False, True):
      expected = reference(training)
      actual = layer(x, training=training)
      self.assertEqual(actual.dtype, tf.float64)
      self.assertEqual(
        tuple(layer.compute_output_shape((None, *x.shape[1:])))[1:],
        expected.shape[1:],
      )
      self.assertAllClose(actual, expected, rtol=1e-10, atol=1e-10)

  @parameterized.parameters(
    *({'kernel_size': k, **shape} for k in (3, 5, 7) for shape in SHAPES)
  )
  def test_sep_conv(self, kernel_size, stride, size):
    layer, x, w = self.make(
      f'sep_conv_{kernel_size}x{kernel_size}', stride, size
    )
    self.assertLen(w, 12)
    self.assertEqual(w['depthwise_0'].shape, (kernel_size, kernel_size, 4, 1))
    self.check(
      layer, x, lambda training: separable(x, w, stride, 2, 1, training)
    )

  @parameterized.parameters(
    *({'kernel_size': k, **shape} for k in (3, 5) for shape in SHAPES)
  )
  def test_dil_conv(self, kernel_size, stride, size):
    layer, x, w = self.make(
      f'dil_conv_{kernel_size}x{kernel_size}', stride, size
    )
    self.assertLen(w, 6)
    self.check(
      layer, x, lambda training: separable(x, w, stride, 1, 2, training)
    )

  @parameterized.parameters(*SHAPES)
  def test_conv_7x1_1x7(self, stride, size):
    layer, x, w = self.make('conv_7x1_1x7', stride, size)
    self.assertEqual(w['row'].shape, (1, 7, 4, 4))
    self.assertEqual(w['column'].shape, (7, 1, 4, 4))

    def reference(training):
      y = dense_conv(relu(x), w['row'], (1, stride))
      return norm(dense_conv(y, w['column'], (stride, 1)), w, 'norm', training)

    self.check(layer, x, reference)

  @parameterized.parameters(
    *({'kernel_size': k, **shape} for k in (1, 3) for shape in SHAPES)
  )
  def test_nor_conv(self, kernel_size, stride, size):
    layer, x, w = self.make(
      f'nor_conv_{kernel_size}x{kernel_size}', stride, size
    )
    self.check(
      layer,
      x,
      lambda training: norm(
        dense_conv(relu(x), w['kernel'], (stride, stride)), w, 'norm', training
      ),
    )

  @parameterized.parameters(*SIZES)
  def test_factorized_reduce(self, *size):
    layer, x, w = self.make('skip_connect', 2, size)
    self.assertIsInstance(layer, layers.FactorizedReduce)

    def reference(training):
      y = empty(x, (2, 2), 4)
      for i in range(y.shape[1]):
        for j in range(y.shape[2]):
          y[:, i, j, :2] = relu(x[:, 2 * i, 2 * j]) @ w['conv_1'][0, 0]
          inside = 2 * i + 1 < size[0] and 2 * j + 1 < size[1]
          y[:, i, j, 2:] = (
            relu(x[:, 2 * i + 1, 2 * j + 1]) @ w['conv_2'][0, 0]
            if inside
            else 0.0
          )
      return norm(y, w, 'norm', training)

    self.check(layer, x, reference)

  @parameterized.parameters(*SIZES)
  def test_skip_connect_as_a_convolution(self, *size):
    layer, x, w = self.make(
      'skip_connect', 2, size, STYLE.replace(strided_skip='relu_conv_bn')
    )
    self.check(
      layer,
      x,
      lambda training: norm(
        dense_conv(relu(x), w['kernel'], (2, 2)), w, 'norm', training
      ),
    )

  @parameterized.parameters(*SIZES)
  def test_skip_connect_is_the_identity(self, *size):
    layer, x, w = self.make('skip_connect', 1, size)
    self.assertIsInstance(layer, layers.Identity)
    self.assertEmpty(w)
    self.check(layer, x, lambda training: x)

  @parameterized.parameters(
    *({'normalized': n, **shape} for n in (True, False) for shape in SHAPES)
  )
  def test_max_pool(self, normalized, stride, size):
    layer, x, w = self.make(
      'max_pool_3x3', stride, size, STYLE.replace(pool_norm=normalized)
    )
    x = x - 10  # Padded zeros would win.
    self.assertLen(w, 2 * normalized)  # Never a scale or an offset.

    def reference(training):
      y = pool(x, stride, 'max')
      return norm(y, w, 'norm', training) if normalized else y

    self.check(layer, x, reference)

  @parameterized.parameters(
    *(
      {'normalized': n, 'padding_counts': p, **shape}
      for n, p in ((True, False), (False, False), (False, True))
      for shape in SHAPES
    )
  )
  def test_avg_pool(self, normalized, padding_counts, stride, size):
    layer, x, w = self.make(
      'avg_pool_3x3',
      stride,
      size,
      STYLE.replace(
        pool_norm=normalized, average_includes_padding=padding_counts
      ),
    )
    x = x + 5

    def reference(training):
      y = pool(x, stride, 'padded_mean' if padding_counts else 'mean')
      return norm(y, w, 'norm', training) if normalized else y

    self.check(layer, x, reference)

  @parameterized.parameters(*SHAPES)
  def test_none_gives_zeros_even_of_infinity(self, stride, size):
    layer, x, w = self.make('none', stride, size)
    self.assertEmpty(w)
    x[0, 0, 0, 0], x[1, 2, 2, 1], x[0, -1, -1, 3] = np.inf, -np.inf, np.nan
    self.check(
      layer, x, lambda training: np.zeros(empty(x, (stride, stride), 4).shape)
    )

  def test_without_activation_the_caller_has_rectified(self):
    for name in (
      'sep_conv_3x3',
      'dil_conv_5x5',
      'nor_conv_3x3',
      'conv_7x1_1x7',
    ):
      with self.subTest(name):
        layer, x, _ = self.make(name, 1, (5, 5))
        expected = layer(x)
        layer.activate = False
        self.assertAllClose(layer(relu(x)), expected, rtol=1e-12)
        self.assertNotAllClose(layer(x), expected, rtol=1e-3)

  def test_initial_weights_have_the_fan_of_one_edge(self):
    # Uniform with limit 1 / sqrt(fan in), however many edges share it.
    layer = build_operation('sep_conv_3x3', 8, 1, STYLE, copies=6)
    layer.build((None, 8, 8, 8))
    for kernel, fan in ((layer.depthwise[0], 9), (layer.pointwise[1], 8)):
      values = kernel.numpy()
      self.assertAllLessEqual(np.abs(values), fan**-0.5)
      self.assertAllClose(values.std(), (3 * fan) ** -0.5, rtol=0.1)

  def test_operations_are_rebuilt_from_their_configuration(self):
    for name in (
      'sep_conv_5x5',
      'dil_conv_3x3',
      'nor_conv_3x3',
      'conv_7x1_1x7',
      'skip_connect',
      'max_pool_3x3',
    ):
      with self.subTest(name):
        layer, x, w = self.make(name, 2, (7, 7))
        other = type(layer).from_config(layer.get_config())
        other.build((None, 7, 7, 4))
        for key, view in other.weight_views().items():
          view.assign(w[key])
        self.assertAllEqual(other(x), layer(x))

  def test_weight_views_refuse_other_shapes(self):
    layer, _, _ = self.make('sep_conv_3x3', 1, (5, 5))
    with self.assertRaisesRegex(ValueError, r'Received: shape=\(2, 3\)'):
      layer.weight_views()['depthwise_0'].assign(np.zeros((2, 3)))

  @parameterized.parameters((2, 3, 8), (2, 3, 9), (3, 2, 9), (2, 4, 9))
  def test_stride_and_dilation(self, stride, dilation, size):
    draw = np.random.default_rng(0)
    x = draw.standard_normal([1, size, size, 1])
    kernel = draw.standard_normal([3, 3, 1, 1])
    padded = np.pad(x[0, :, :, 0], dilation)
    expected = [
      [
        sum(
          kernel[i, j, 0, 0] * padded[row + i * dilation, column + j * dilation]
          for i in range(3)
          for j in range(3)
        )
        for column in range(0, size, stride)
      ]
      for row in range(0, size, stride)
    ]
    self.assertAllClose(
      depthwise_conv(x, kernel, stride, dilation)[0, :, :, 0],
      expected,
      rtol=1e-12,
      atol=1e-12,
    )

  def test_errors(self):
    with self.assertRaisesRegex(
      InputError, 'expected an even number.*Received: channels=3'
    ):
      build_operation('skip_connect', 3, 2, STYLE)
    with self.assertRaisesRegex(ValueError, 'Received: stride=1'):
      layers.FactorizedReduce(4, stride=1)
    with self.assertRaisesRegex(
      InputError, 'Unknown strided_skip.*factorized_reduce'
    ):
      build_operation(
        'skip_connect', 4, 2, STYLE.replace(strided_skip='factorised')
      )
    with self.assertRaisesRegex(InputError, 'Unknown operation.*sep_conv_3x3'):
      build_operation('sep_conv_3', 4, 1, STYLE)


if __name__ == '__main__':
  tf.test.main()
