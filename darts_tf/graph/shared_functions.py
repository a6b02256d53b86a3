"""Functions that are traced once and called wherever they are needed."""

from collections.abc import Callable, Hashable
from typing import Any

import tensorflow as tf

from darts_tf.compat.tensorflow import followed_once, followed_twice
from darts_tf.graph import function_pair


class SharedFunctions:
  """Functions of tensors that all who compute the same have in common.

  Without them each use of a computation has operations of its own. A graph
  is built in Python, 0.4 ms an operation, and TensorFlow optimizes it before
  its first run. With them both times grow with the number of different
  computations, not with the number of their uses.

  A function computes gradients by those arguments only that a gradient tape
  follows where it is called: what it follows is part of its identity.
  Where gradients of gradients may be taken, the computation is not shared:
  TensorFlow would keep all that any second derivative could want.
  """

  def __init__(self):
    self._made: dict[Hashable, Any] = {}

  def once(self, key: Hashable, make: Callable[[], Any]) -> Any:
    """Returns what has been made for a key, such as the body of a function.

    Args:
      key: equal where the same would be made.
      make: makes it.
    """
    if key not in self._made:
      self._made[key] = make()
    return self._made[key]

  def call(
    self, key: Hashable, body: Callable[..., Any], *arguments: Any
  ) -> Any:
    """Computes a body, by the function that has been traced for its key.

    Args:
      key: equal for bodies that compute the same from their arguments.
        Shapes and types of arguments need not be part of it.
      body: a pure function of nested tensors.
      *arguments: of the body.

    Returns:
      What the body returns: nested tensors.
    """
    flat = tf.nest.flatten(arguments)
    if tf.executing_eagerly() or followed_twice(flat):
      return body(*arguments)
    followed = tuple(followed_once(x) for x in flat)
    if not any(followed):
      # There is nothing to cut, and TensorFlow's own gradient is right if one
      # is taken from outside of a function around this one.
      return self.once((key, None), lambda: _called(body))(*arguments)
    specs = tuple(tf.TensorSpec(x.shape, x.dtype) for x in flat)
    pair = self.once(
      (key, specs, followed),
      lambda: function_pair.trace(
        lambda *flat: body(*tf.nest.pack_sequence_as(arguments, flat)),
        specs,
        followed,
      ),
    )
    return function_pair.call(pair, flat, followed)


def _called(body: Callable[..., Any]) -> Callable[..., Any]:
  """Returns a function that TensorFlow calls and does not inline."""
  return tf.function(
    body, autograph=False, experimental_attributes={'_noinline': True}
  )
