import tensorflow as tf
from absl.testing import parameterized

from darts_tf.analysis.gpu_kernels import (
  gpu_kernels,
  kernels_text,
  registered_gpu_kernels,
)
from darts_tf.analysis.graph_placement import graph_placement
from darts_tf.config.errors import InputError

_X = tf.TensorSpec([2, 4, 4, 3])


def placement(function, *arguments):
  traced = tf.function(function, autograph=False).get_concrete_function(
    *arguments or [_X]
  )
  return graph_placement(traced.graph, gpu_kernels())


def padded_by(value):
  paddings = [[0, 0], [1, 1], [1, 1], [0, 0]]
  return lambda x: tf.raw_ops.PadV2(
    input=x, paddings=paddings, constant_values=value()
  )


def constant_on_host():
  with tf.device('CPU:0'):
    return tf.constant(-1.0)


class GraphPlacementTest(tf.test.TestCase, parameterized.TestCase):
  def test_kernels_are_counted(self):
    # Neither shapes nor what only renames a tensor starts a kernel.
    result = placement(
      lambda x: tf.reshape(tf.nn.relu(tf.identity(x)) + 1.0, [-1])
    )
    self.assertEqual(result, (2, {}, ()))

  def test_what_no_result_needs_is_not_counted(self):
    def function(x):
      tf.nn.relu(x)
      return tf.nn.elu(x)

    self.assertEqual(placement(function).kernels, 1)

  def test_what_follows_from_constants_is_not_counted(self):
    result = placement(
      lambda x: (
        x
        * tf.cast(
          tf.reduce_sum(tf.transpose(tf.constant([[1, 2]]))), tf.float32
        )
      )
    )
    self.assertEqual(result, (1, {}, ()))

  def test_no_kernel_for_the_type(self):
    # There is one for numbers.
    result = placement(lambda x: tf.where(x > 0, tf.as_string(x), ['no']))
    self.assertEqual(result.on_host, {'AsString': 1, 'SelectV2': 1})
    self.assertLen(result.transfers, 1)  # The condition, to the host.
    self.assertStartsWith(result.transfers[0], 'Greater')

  def test_there_and_back(self):
    def function(x):
      x = tf.nn.relu(x)
      with tf.device('CPU:0'):
        x = tf.nn.elu(x)
      return tf.nn.relu(x)

    result = placement(function)
    self.assertEqual((result.kernels, result.on_host), (2, {'Elu': 1}))
    self.assertEqual(
      result.transfers,
      ('Relu (Relu) -> Elu (Elu)', 'Elu (Elu) -> Relu_1 (Relu)'),
    )

  @parameterized.parameters(
    (lambda: tf.constant(-1.0), 1), (constant_on_host, 0)
  )
  def test_an_argument_in_the_memory_of_the_host(self, value, transfers):
    result = placement(padded_by(value))
    self.assertEqual((result.kernels, result.on_host), (1, {}))
    self.assertLen(result.transfers, transfers)

  def test_lists_of_arguments(self):
    # The axis lies with the host, the tensors do not.
    result = placement(lambda x: tf.concat([x, tf.nn.relu(x), x], 1))
    self.assertEqual(result, (2, {}, ()))

  def test_table_is_that_of_tensorflow(self):
    try:
      registered = registered_gpu_kernels()
    except InputError as error:
      self.assertIn('no kernels for GPUs', str(error))
      self.skipTest('This build of TensorFlow is for CPUs only.')
    self.assertEqual(kernels_text(gpu_kernels()), kernels_text(registered))


if __name__ == '__main__':
  tf.test.main()
