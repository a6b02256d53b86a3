"""Random numbers from a seed and a counter, without a detour to the host.

Philox (Salmon et al., 2011) maps a key and a counter to random numbers.
TensorFlow's stateless functions derive both from a seed that they read in
the memory of the host. Here the caller gives both, and a step stays on a GPU.
"""

from collections.abc import Callable

import tensorflow as tf

from darts_tf.graph.constants import constant

_PHILOX = 1  # TensorFlow's number of the algorithm.


def uniform(shape: list, state: tf.Tensor) -> tf.Tensor:
  """Draws numbers of [0, 1).

  Args:
    shape: of the draws.
    state: int64 (2,): a seed, and a counter. Equal states draw equal
      numbers; others draw independent ones.

  Returns:
    float32 numbers of this shape.
  """
  return _draw(tf.raw_ops.StatelessRandomUniformV2, shape, state)


def normal(shape: list, state: tf.Tensor) -> tf.Tensor:
  """Draws from the standard normal distribution; see `uniform`."""
  return _draw(tf.raw_ops.StatelessRandomNormalV2, shape, state)


def _draw(operation: Callable, shape: list, state: tf.Tensor) -> tf.Tensor:
  words = tf.bitcast(state, tf.uint64)
  # The low word of the counter goes up within a draw.
  counter = tf.concat([constant([0], tf.uint64), words[1:]], 0)
  return operation(
    shape=shape, key=words[:1], counter=counter, alg=constant(_PHILOX)
  )
