import gc
import pathlib
import tempfile
import weakref

import tensorflow as tf

from darts_tf.graph.custom_gradient import custom_gradient


def doubled(x):
  """x^2, of which the gradient is taken to be twice what it is."""

  @custom_gradient
  def square(x):
    return x * x, lambda upstream: 4.0 * x * upstream

  return square(x)


class CustomGradientTest(tf.test.TestCase):
  def gradient(self, x):
    with tf.GradientTape() as tape:
      tape.watch(x)
      y = doubled(x)
    return tape.gradient(y, x)

  def test_eager_and_graph(self):
    x = tf.constant([3.0, -1.0])
    self.assertAllEqual(self.gradient(x), [12.0, -4.0])
    self.assertAllEqual(tf.function(self.gradient)(x), [12.0, -4.0])

  def test_through_a_function(self):
    """The gradient of a graph that was traced without a tape."""
    function = tf.function(doubled)
    x = tf.constant([3.0])
    self.assertAllEqual(function(x), [9.0])
    with tf.GradientTape() as tape:
      tape.watch(x)
      y = function(x)
    self.assertAllEqual(tape.gradient(y, x), [12.0])

  def test_in_a_saved_model(self):
    module = tf.Module()
    module.function = tf.function(doubled, input_signature=[tf.TensorSpec([1])])
    with tempfile.TemporaryDirectory() as directory:
      path = str(pathlib.Path(directory) / 'saved')
      tf.saved_model.save(
        module,
        path,
        options=tf.saved_model.SaveOptions(experimental_custom_gradients=True),
      )
      loaded = tf.saved_model.load(path)
    x = tf.constant([3.0])
    with tf.GradientTape() as tape:
      tape.watch(x)
      y = loaded.function(x)
    self.assertAllEqual(tape.gradient(y, x), [12.0])

  def test_graphs_are_freed(self):
    tensors = []

    def traced(x):
      gradient = self.gradient(x)
      tensors.append(weakref.ref(gradient))
      return gradient

    function = tf.function(traced)
    function(tf.constant([3.0]))
    self.assertIsNotNone(tensors[0]())
    del function
    gc.collect()
    self.assertIsNone(tensors[0]())


if __name__ == '__main__':
  tf.test.main()
