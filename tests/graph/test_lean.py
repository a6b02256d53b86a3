"""Lean operations compute what TensorFlow's own do, by fewer operations."""

import numpy as np
import tensorflow as tf

from darts_tf.graph import lean


def _numbers(*shape, dtype='float64'):
  values = np.random.default_rng(len(shape)).normal(size=shape)
  return tf.constant(values.astype(dtype))


def _gradients(function, x):
  """A gradient, and one of the gradient."""
  with tf.GradientTape() as outer:
    outer.watch(x)
    with tf.GradientTape() as inner:
      inner.watch(x)
      loss = tf.reduce_sum(function(x) ** 3)
    first = inner.gradient(loss, x)
    length = tf.reduce_sum(first**2)
  return first, outer.gradient(length, x)


def _graph_of_gradient(function, *shape) -> list[str]:
  @tf.function(autograph=False)
  def run(x):
    with tf.GradientTape() as tape:
      tape.watch(x)
      y = function(x)
    return tape.gradient(y, x)

  spec = tf.TensorSpec(shape, tf.float32)
  return [
    op.type for op in run.get_concrete_function(spec).graph.get_operations()
  ]


class ReshapeTest(tf.test.TestCase):
  def test_gradients(self):
    x, factor = _numbers(4, 6), _numbers(2, 12)
    ours = _gradients(lambda x: factor * lean.reshape(x, [2, -1]), x)
    theirs = _gradients(lambda x: factor * tf.reshape(x, [2, -1]), x)
    for mine, other in zip(ours, theirs, strict=True):
      self.assertAllEqual(mine, other)

  def test_shapes_of_which_nothing_is_known(self):
    @tf.function(input_signature=[tf.TensorSpec([None, None, 3])])
    def run(x):
      with tf.GradientTape() as tape:
        tape.watch(x)
        y = lean.reshape(x, [-1, 3])
      return y, tape.gradient(y, x)

    y, gradient = run(tf.ones([2, 5, 3]))
    self.assertAllEqual(y.shape, [10, 3])
    self.assertAllEqual(gradient, tf.ones([2, 5, 3]))

  def test_a_shape_is_one_constant_however_often_it_is_used(self):
    def several(reshape):
      def run(x):
        return tf.add_n([reshape(x * i, [-1, 2]) for i in (2.0, 3.0, 4.0)])

      return _graph_of_gradient(run, None, 4).count('Const')

    ours, theirs = several(lean.reshape), several(tf.reshape)
    self.assertLess(ours, theirs)


class FusedBatchNormTest(tf.test.TestCase):
  def _both(self):
    scale, offset = _numbers(3, dtype='float32'), _numbers(3, dtype='float32')
    mine = lambda x: lean.fused_batch_norm(x, scale, offset, 1e-3)
    other = lambda x: tf.raw_ops.FusedBatchNormV3(
      x=x,
      scale=scale,
      offset=offset,
      mean=[],
      variance=[],
      epsilon=1e-3,
      is_training=True,
    )[:3]
    return mine, other

  def test_values_and_gradients(self):
    x = _numbers(4, 5, 5, 3, dtype='float32')
    factor = _numbers(4, 5, 5, 3, dtype='float32')
    mine, other = self._both()
    for ours, theirs in zip(mine(x), other(x), strict=True):
      self.assertAllEqual(ours, theirs)
    ours = _gradients(lambda x: factor * mine(x)[0], x)
    theirs = _gradients(lambda x: factor * other(x)[0], x)
    self.assertAllEqual(ours[0], theirs[0])
    self.assertAllClose(ours[1], theirs[1], rtol=1e-6, atol=1e-6)

  def test_makes_no_zeros(self):
    mine, other = self._both()
    size = lambda f: _graph_of_gradient(lambda x: f(x)[0], 2, 4, 4, 3)
    self.assertNotIn('ZerosLike', size(mine))
    self.assertLess(len(size(mine)), len(size(other)))


if __name__ == '__main__':
  tf.test.main()
