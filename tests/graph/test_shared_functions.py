"""Functions that are traced once compute what their bodies compute."""

import contextvars
import functools

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from darts_tf.graph.recompute import recomputed
from darts_tf.graph.shared_functions import SharedFunctions


def _tensor(seed, *shape):
  return tf.constant(np.random.default_rng(seed).normal(size=shape))


def _block(x, kernel, shift):
  """A body with a tensor that only the gradient by the kernel wants."""
  y = tf.nn.relu(x)
  y = tf.matmul(y * tf.sigmoid(y), kernel)
  return {'sum': y + shift, 'same': x, 'fixed': tf.stop_gradient(y)}


def _loss(results):
  return tf.reduce_sum(results['sum'] ** 3) + tf.reduce_sum(results['same'])


class SharedFunctionsTest(tf.test.TestCase, parameterized.TestCase):
  def setUp(self):
    super().setUp()
    self.functions = SharedFunctions()
    self.arguments = _tensor(0, 5, 3), _tensor(1, 3, 4), _tensor(2, 4)
    self.traces = 0

  def body(self, *arguments):
    self.traces += 1
    return _block(*arguments)

  def gradients(self, compute, followed):
    """Values and gradients, from within a function, of two uses."""

    @tf.function(autograph=False)
    def run(arguments):
      sources = [arguments[i] for i in followed]
      with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(sources)
        results = compute(*arguments)
        again = compute(results['same'] * 2.0, *arguments[1:])
        loss = _loss(results) + _loss(again)
      return results, tape.gradient(loss, sources)

    return run(self.arguments)

  @parameterized.parameters(([0, 1, 2],), ([0],), ([1, 2],), ([2],), ([],))
  def test_values_and_gradients(self, followed):
    shared = lambda *arguments: self.functions.call('k', self.body, *arguments)
    actual = self.gradients(shared, followed)
    expected = self.gradients(_block, followed)
    self.assertEqual(list(actual[0]), list(expected[0]))
    self.assertAllClose(actual, expected, rtol=1e-12)

  def test_a_body_is_traced_once_for_each_kind_of_gradient(self):
    shared = lambda *arguments: self.functions.call('k', self.body, *arguments)
    for _ in range(2):
      self.gradients(shared, [0, 1])
      self.assertEqual(self.traces, 1)
    self.gradients(shared, [0])
    self.assertEqual(self.traces, 2)
    self.gradients(shared, [1])
    self.assertEqual(self.traces, 3)

  def test_keeps_what_the_gradient_wants(self):
    """Without a gradient by the kernel nothing that it multiplies is kept."""

    def kept(followed):
      @tf.function(autograph=False)
      def run(*arguments):
        sources = [arguments[i] for i in followed]
        with tf.GradientTape(watch_accessed_variables=False) as tape:
          tape.watch(sources)
          loss = _loss(
            SharedFunctions().call('k', lambda *a: _block(*a), *arguments)
          )
        return tape.gradient(loss, sources)

      graph = run.get_concrete_function(*self.arguments).graph
      forward, _ = [
        op for op in graph.get_operations() if 'PartitionedCall' in op.type
      ]
      shapes = [tuple(y.shape) for y in forward.outputs[3:]]
      return shapes.count((5, 3))

    self.assertEqual(kept([1]), 1)  # The rectified input times its sigmoid.
    self.assertGreater(kept([0]), 0)
    self.assertEqual(kept([2]), 0)

  def test_functions_call_functions(self):
    inner = lambda x, kernel: self.functions.call(
      'inner', lambda x, kernel: tf.nn.relu(tf.matmul(x, kernel)), x, kernel
    )

    def outer(x, kernel, shift):
      return {**_block(x, kernel, shift), 'sum': inner(x, kernel) + shift}

    def plain(x, kernel, shift):
      y = tf.nn.relu(tf.matmul(x, kernel))
      return {**_block(x, kernel, shift), 'sum': y + shift}

    shared = lambda *arguments: self.functions.call('outer', outer, *arguments)
    for followed in ([0, 1, 2], [1]):
      self.assertAllClose(
        self.gradients(shared, followed),
        self.gradients(plain, followed),
        rtol=1e-12,
      )

  def test_a_tape_around_a_function_that_had_none(self):
    """The trace saw no tape; gradients are right nevertheless."""

    @tf.function(autograph=False)
    def run(*arguments):
      return self.functions.call('k', self.body, *arguments)

    def gradients(compute):
      with tf.GradientTape() as tape:
        tape.watch(self.arguments)
        loss = _loss(compute(*self.arguments))
      return tape.gradient(loss, self.arguments)

    self.assertAllClose(gradients(run), gradients(_block), rtol=1e-12)

  def test_second_derivatives(self):
    def hessian_product(compute):
      @tf.function(autograph=False)
      def run(x, kernel, shift):
        with tf.GradientTape() as outer:
          outer.watch([x, kernel])
          with tf.GradientTape() as inner:
            inner.watch(kernel)
            loss = _loss(compute(x, kernel, shift))
          (gradient,) = inner.gradient(loss, [kernel])
          product = tf.reduce_sum(gradient * tf.cos(kernel))
        return outer.gradient(product, [x, kernel])

      return run(*self.arguments)

    shared = lambda *arguments: self.functions.call('k', self.body, *arguments)
    self.assertAllClose(
      hessian_product(shared), hessian_product(_block), rtol=1e-12
    )

  def test_second_derivatives_call_functions(self):
    """Uses share forward, backward, its gradient, and two gradients again."""
    rate = contextvars.ContextVar('rate', default=1.0)

    def body(x, kernel, shift):
      # What surrounds a call holds for all of its passes.
      return {**_block(rate.get() * x, kernel, shift), 'same': x}

    def run(compute, x, kernel, shift):
      with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as inner:
          inner.watch(kernel)
          token = rate.set(3.0)
          results = compute(x, kernel, shift)
          again = compute(x + results['sum'][:, :3], kernel, shift)
          rate.reset(token)
          loss = _loss(results) + _loss(again)
        gradient = inner.gradient(loss, kernel)
        product = tf.reduce_sum(gradient * tf.cos(kernel))
      return outer.gradient(product, x)

    shared = lambda *arguments: self.functions.call('k', body, *arguments)
    results = []
    for compute in (shared, body):
      function = tf.function(
        functools.partial(run, compute), autograph=False
      ).get_concrete_function(*self.arguments)
      results.append(function(*self.arguments))
      names = {
        op.get_attr('f').name
        for op in function.graph.get_operations()
        if 'Call' in op.type
      }
      self.assertLen(names, 5 if compute is shared else 0)
    self.assertAllClose(*results, rtol=1e-12)

  def test_a_result_without_influence(self):
    """Gradients by an argument that has no part in what is used."""

    @tf.function(autograph=False)
    def run(x, kernel, shift):
      with tf.GradientTape() as tape:
        tape.watch([x, kernel, shift])
        results = self.functions.call('k', self.body, x, kernel, shift)
        loss = tf.reduce_sum(results['fixed']) + tf.reduce_sum(kernel)
      return tape.gradient(
        loss,
        [x, kernel, shift],
        unconnected_gradients=tf.UnconnectedGradients.ZERO,
      )

    x, kernel, shift = run(*self.arguments)
    self.assertAllEqual(x, np.zeros((5, 3)))
    self.assertAllEqual(kernel, np.ones((3, 4)))
    self.assertAllEqual(shift, np.zeros(4))

  def test_results_without_gradients(self):
    @tf.function(autograph=False)
    def run(x):
      with tf.GradientTape() as tape:
        tape.watch(x)
        y = self.functions.call('k', lambda x: tf.stop_gradient(2.0 * x), x)
        loss = tf.reduce_sum(x * y)
      return tape.gradient(loss, x)

    x = self.arguments[0]
    self.assertAllClose(run(x), 2.0 * x)

  def test_eager_calls_compute_the_body(self):
    results = self.functions.call('k', self.body, *self.arguments)
    self.assertAllEqual(results['sum'], _block(*self.arguments)['sum'])
    self.functions.call('k', self.body, *self.arguments)
    self.assertEqual(self.traces, 2)


class RecomputedTest(tf.test.TestCase):
  def test_computes_twice_and_keeps_arguments(self):
    calls = []

    def function(name):
      def compute(x, kernel):
        calls.append(name)
        return tf.tanh(tf.matmul(tf.nn.relu(x), kernel))

      return compute

    x, kernel = _tensor(0, 5, 3), _tensor(1, 3, 4)

    def gradients(compute):
      with tf.GradientTape() as tape:
        tape.watch([x, kernel])
        loss = tf.reduce_sum(compute(x, kernel) ** 3)
      return tape.gradient(loss, [x, kernel])

    expected = gradients(function('plain'))
    calls.clear()
    actual = gradients(
      lambda *a: recomputed(function('first'), function('again'), *a)
    )
    self.assertEqual(calls, ['first', 'again'])
    self.assertAllClose(actual, expected, rtol=1e-12)


if __name__ == '__main__':
  tf.test.main()
