"""Noise as a candidate operation."""

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from darts_tf.layers import MixedEdges, Noise, build_operation
from darts_tf.search_space import OperationStyle

STYLE = OperationStyle()


class NoiseTest(tf.test.TestCase, parameterized.TestCase):
  @parameterized.parameters((1, (7, 8)), (2, (4, 4)))
  def test_is_standard_normal_of_the_strided_shape(self, stride, sizes):
    layer = build_operation('noise', 16, stride, STYLE)
    self.assertIsInstance(layer, Noise)
    x = tf.fill([40, 7, 8, 16], np.inf)
    y = layer(x, training=True).numpy()
    self.assertEqual(y.shape, (40, *sizes, 16))
    self.assertEqual(layer.compute_output_shape(x.shape), y.shape)
    # At least 10,240 draws: the errors are below 0.01 and 0.007.
    self.assertAllClose(y.mean(), 0, atol=0.04)
    self.assertAllClose(y.std(), 1, atol=0.03)
    self.assertLen(np.unique(y[:2]), y[:2].size)

  @parameterized.parameters(
    'float32', 'float64', 'mixed_float16', 'mixed_bfloat16'
  )
  def test_precisions_draw_the_same(self, dtype):
    x = tf.zeros([3, 4, 4, 2])
    expected = Noise(2, seed=5)(x, training=True)
    layer = Noise(2, seed=5, style=STYLE.replace(dtype=dtype))
    y = layer(x, training=True)
    self.assertEqual(y.dtype, layer.compute_dtype)
    self.assertAllClose(
      tf.cast(y, tf.float32), expected, rtol=0 if '32' in dtype else 1e-2
    )
    self.assertEqual(layer(x).dtype, layer.compute_dtype)

  def test_inference_is_deterministic_for_each_image(self):
    layer = Noise(2, stride=2)
    x = np.zeros((5, 6, 6, 2), 'f')
    y = layer(x)
    layer(x, training=True)
    self.assertAllEqual(layer(x[2:4]), y[:2])
    self.assertEqual(y.shape, (5, 3, 3, 2))

  def test_edges_have_noise_of_their_own(self):
    layer = MixedEdges((('noise', 'none'), ('none', 'noise'), ('noise',)), 4)
    layer.build((None, 6, 6, 4))
    x = tf.ones([8, 6, 6, 4])
    weights = tf.constant([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]])
    for training in (True, False):
      edges = [y.numpy() for y in layer(x, weights, training=training)]
      for i, a in enumerate(edges):
        self.assertAllClose(a.std(), 1, atol=0.15)
        for b in edges[:i]:
          self.assertAllClose(np.mean(a * b), 0, atol=0.15)

  def test_mixing_weights_scale_it_and_get_its_gradient(self):
    layer = MixedEdges((('noise', 'skip_connect'),) * 2, 4)
    layer.build((None, 6, 6, 4))
    x = tf.constant(
      np.random.default_rng(0).normal(size=(8, 6, 6, 4)), tf.float32
    )
    state = layer.non_trainable_variables
    call = lambda w, v: layer.stateless_call([], state, v, w, training=True)[0]
    noise = call(tf.constant([[1.0, 0.0], [1.0, 0.0]]), x)
    weights = tf.constant([[0.25, 0.5], [-2.0, 3.0]])
    with tf.GradientTape(persistent=True) as tape:
      tape.watch([x, weights])
      outputs = call(weights, x)
      loss = tf.add_n([tf.reduce_sum(y * y) for y in outputs]) / 2
    gradient = tape.gradient(loss, weights)
    for edge, y in enumerate(outputs):
      expected = weights[edge, 0] * noise[edge] + weights[edge, 1] * x
      self.assertAllClose(y, expected, atol=1e-5)
      self.assertAllClose(
        gradient[edge, 0], tf.reduce_sum(expected * noise[edge]), rtol=1e-4
      )
    # The input is replaced: nothing flows back but through the skip.
    self.assertAllClose(
      tape.gradient(loss, x),
      tf.add_n([weights[e, 1] * y for e, y in enumerate(outputs)]),
      rtol=1e-4,
      atol=1e-5,
    )

  def test_has_no_weights_to_inherit(self):
    self.assertEqual(Noise(2).weight_views(), {})
    layer = MixedEdges((('noise',),), 4)
    layer.build((None, 6, 6, 4))
    self.assertEqual(layer.weight_views(0, 'noise'), {})

  def test_is_rebuilt_from_its_configuration(self):
    layer = Noise(2, stride=2, seed=4, copies=3)
    other = Noise.from_config(layer.get_config())
    x = tf.zeros([2, 4, 4, 2])
    self.assertAllEqual(other(x, training=True), layer(x, training=True))
    self.assertEqual(other(x).shape, (2, 2, 2, 6))


if __name__ == '__main__':
  tf.test.main()
