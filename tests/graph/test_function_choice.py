"""The function that is chosen runs, and its gradient is the right one."""

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from darts_tf.graph.shared_functions import SharedFunctions


def _tensor(seed, *shape):
  return tf.constant(np.random.default_rng(seed).normal(size=shape))


def _dense(x, factors, kernels):
  """Keeps an activation of its own, and does not use the second kernel."""
  return factors[0] * tf.tanh(tf.tanh(x @ kernels[0])), tf.constant(1)


def _square(x, factors, kernels):
  return factors[1] * x**2 * kernels[1], tf.constant(2)


def _nothing(x, factors, kernels):
  """Has no gradient at all."""
  del factors, kernels
  return tf.zeros_like(x), tf.constant(3)


BODIES = _dense, _square, _nothing


class FunctionChoiceTest(tf.test.TestCase, parameterized.TestCase):
  def setUp(self):
    super().setUp()
    self.functions = SharedFunctions()
    self.arguments = (
      _tensor(0, 5, 4),
      _tensor(1, 3),
      [_tensor(2, 4, 4), _tensor(3, 4)],
    )

  def results(self, compute, choice, followed):
    """Output, position and gradients by some of the flat arguments."""

    @tf.function(autograph=False)
    def run(choice, arguments):
      flat = tf.nest.flatten(arguments)
      sources = [flat[i] for i in followed]
      with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(sources)
        y, position = compute(choice, *arguments)
        loss = tf.reduce_sum(y**3)
      gradients = tape.gradient(
        loss, sources, unconnected_gradients=tf.UnconnectedGradients.ZERO
      )
      return y, position, gradients

    self.graph = run.get_concrete_function(
      tf.TensorSpec([], tf.int32), self.arguments
    ).graph
    return run(tf.constant(choice), self.arguments)

  def chosen(self, choice, *arguments):
    return self.functions.choose('key', BODIES, choice, *arguments)

  @parameterized.product(
    choice=(0, 1, 2), followed=([0, 1, 2, 3], [0], [1], [2, 3], [])
  )
  def test_values_and_gradients(self, choice, followed):
    actual = self.results(self.chosen, choice, followed)
    calls = [op for op in self.graph.get_operations() if 'Call' in op.type]
    # Forward, and backward if there is something to compute.
    self.assertLen(calls, 1 + bool(followed))
    expected = self.results(
      lambda unused, *arguments: BODIES[choice](*arguments), choice, followed
    )
    self.assertAllClose(actual, expected, rtol=1e-12)

  def test_uses_of_one_key_share_functions(self):
    def twice(choice, *arguments):
      y, _ = self.chosen(choice, *arguments)
      return self.chosen(choice, y, *arguments[1:])

    actual = self.results(twice, 0, [0, 2])
    names = {
      op.get_attr('f').name
      for op in self.graph.get_operations()
      if 'Call' in op.type
    }
    self.assertLen(names, 2)

    def plain(unused, *arguments):
      y, _ = _dense(*arguments)
      return _dense(y, *arguments[1:])

    self.assertAllClose(actual, self.results(plain, 0, [0, 2]), rtol=1e-12)

  @parameterized.parameters(0, 1)
  def test_second_derivatives(self, choice):
    x, factors, kernels = self.arguments

    def second(compute):
      @tf.function(autograph=False)
      def run(choice):
        with tf.GradientTape() as outer:
          outer.watch(x)
          with tf.GradientTape() as inner:
            inner.watch(x)
            loss = tf.reduce_sum(compute(choice, x, factors, kernels)[0] ** 3)
          length = tf.reduce_sum(inner.gradient(loss, x) ** 2)
        return outer.gradient(length, x)

      return run(tf.constant(choice))

    expected = second(lambda unused, *arguments: BODIES[choice](*arguments))
    self.assertAllClose(second(self.chosen), expected, rtol=1e-12)

  def test_eager(self):
    y, position = self.chosen(tf.constant(1), *self.arguments)
    self.assertAllEqual(y, _square(*self.arguments)[0])
    self.assertAllEqual(position, 2)


if __name__ == '__main__':
  tf.test.main()
