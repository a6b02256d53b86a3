"""Constants that a graph holds once, however often they are used."""

import threading

import numpy as np
import tensorflow as tf

_ATTRIBUTE = '_darts_tf_constants'


def constant(value: object, dtype: tf.DType = tf.int32) -> tf.Tensor:
  """Returns a constant, the same tensor whenever it is asked for again.

  A third of the graph of a supernet would be shapes and ones otherwise, and
  the time to build a graph goes with the number of its operations.

  Args:
    value: a number or nested numbers.
    dtype: type of the tensor.
  """
  if tf.executing_eagerly():
    return tf.constant(value, dtype)
  graph = tf.compat.v1.get_default_graph()
  if not hasattr(graph, _ATTRIBUTE):
    # With the graph, so that both go together.
    setattr(graph, _ATTRIBUTE, {})
  known = getattr(graph, _ATTRIBUTE)
  array = np.asarray(value, dtype.as_numpy_dtype)
  # Each replica is traced by a thread of its own, and has constants of its
  # own: copies between devices cost time.
  key = (array.tobytes(), array.shape, dtype, threading.get_ident())
  if key not in known:
    with tf.control_dependencies(None):
      known[key] = tf.constant(array)
  return known[key]
