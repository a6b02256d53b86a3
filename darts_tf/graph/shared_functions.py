"""Functions that are traced once and called wherever they are needed."""

import functools
from collections.abc import Callable, Hashable, Sequence
from typing import Any

import tensorflow as tf

from darts_tf.compat.tensorflow import followed_once, followed_twice
from darts_tf.graph import function_choice, function_pair
from darts_tf.graph.called import called


class SharedFunctions:
  """Functions of tensors that all who compute the same have in common.

  Without them each use of a computation has operations of its own. A graph
  is built in Python, 0.4 ms an operation, and TensorFlow optimizes it before
  its first run. With them both times grow with the number of different
  computations, not with the number of their uses.

  A function computes gradients by those arguments only that a gradient tape
  follows where it is called: what it follows is part of its identity.
  Gradients of gradients compute the function once more, see
  `SecondDerivative`.
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
    if tf.executing_eagerly():
      return body(*arguments)
    followed = tuple(followed_once(x) for x in flat)
    if not any(followed):
      # There is nothing to cut, and TensorFlow's own gradient is right if one
      # is taken from outside of a function around this one.
      return self.once((key, None), lambda: called(body))(*arguments)
    specs = _specs(flat)
    twice = followed_twice(flat)
    pair = self.once(
      (key, specs, followed, twice),
      lambda: function_pair.trace(
        _of_flat(body, arguments), specs, followed, twice
      ),
    )
    return function_pair.call(pair, flat, followed)

  def choose(
    self,
    key: Hashable,
    bodies: Sequence[Callable[..., Any]],
    choice: tf.Tensor,
    *arguments: Any,
  ) -> Any:
    """Computes one of several bodies; the others cost nothing.

    Args:
      key: see `call`.
      bodies: pure functions of the same nested tensors. Their results have the
        same structure, types and shapes.
      choice: position of the body, a scalar int32.
      *arguments: of the bodies.

    Returns:
      What the body returns.
    """

    def chosen(choice, *arguments):
      return tf.switch_case(
        choice, [functools.partial(_inside, b, arguments) for b in bodies]
      )

    flat = tf.nest.flatten(arguments)
    followed = tuple(followed_once(x) for x in flat)
    if followed_twice(flat):
      # A choice has no second derivative of its own.
      return chosen(choice, *arguments)
    if not any(followed) or tf.executing_eagerly():
      return self.call(key, chosen, choice, *arguments)
    specs = _specs(flat)
    pair = self.once(
      (key, specs, followed),
      lambda: function_choice.trace(
        [_of_flat(body, arguments) for body in bodies], specs, followed
      ),
    )
    return function_pair.call(pair, [choice, *flat], (False, *followed))


def _specs(tensors: Sequence[tf.Tensor]) -> tuple[tf.TensorSpec, ...]:
  return tuple(tf.TensorSpec(x.shape, x.dtype) for x in tensors)


def _of_flat(body: Callable[..., Any], like: Any) -> Callable[..., Any]:
  """Returns a body as a function of flat tensors."""
  return lambda *flat: body(*tf.nest.pack_sequence_as(like, flat))


def _inside(body: Callable[..., Any], arguments: Any) -> Any:
  """Computes a body in a branch of a graph.

  Gradients of an operation may refer to its arguments. These must be tensors
  of the branch then, not of the graph around it.
  """
  return body(*tf.nest.map_structure(tf.identity, arguments))
