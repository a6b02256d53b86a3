"""A `tf.custom_gradient` that gives its memory back."""

import functools
import weakref
from collections.abc import Callable
from typing import Any

import tensorflow as tf

from darts_tf.compat.tensorflow import gradient_registry

# The prefix of TensorFlow's names for registered gradients, and the key of
# the function in an entry of its registry.
_PREFIX, _KEY = 'CustomGradient-', 'type'

_ATTRIBUTE = '_darts_tf_gradients'


def custom_gradient(function: Callable) -> Callable:
  """Acts as `tf.custom_gradient`, for functions of tensors.

  In a graph, TensorFlow registers the gradient of each call for good, under a
  name of its own, and with it keeps all tensors of the graph. A process that
  runs one search after the other would keep the graphs of all, up to some
  gigabytes each. Here the graph itself holds its gradients, and both are
  freed together.

  Args:
    function: as `tf.custom_gradient` takes it.

  Returns:
    The function with its gradient.
  """
  with_gradient = tf.custom_gradient(function)

  @functools.wraps(function)
  def call(*arguments):
    if tf.executing_eagerly():
      return with_gradient(*arguments)
    # There is no public way to take a gradient back.
    registry = gradient_registry()
    known = len(registry)
    result = with_gradient(*arguments)
    # The registry keeps names in the order in which they came.
    for name in list(registry)[known:]:
      if name.startswith(_PREFIX):
        _move(name, registry, tf.compat.v1.get_default_graph())
    return result

  return call


def _move(name: str, registry: dict, graph: tf.Graph) -> None:
  """Moves a gradient from the registry to the graph."""
  held = getattr(graph, _ATTRIBUTE, None)
  if held is None:
    held = {}
    setattr(graph, _ATTRIBUTE, held)
  if _KEY in registry[name]:
    held[name] = registry[name][_KEY]
    registry[name][_KEY] = functools.partial(
      _gradient, name, weakref.ref(graph)
    )


def _gradient(name: str, graph: weakref.ref, *arguments: Any) -> Any:
  """Calls a gradient of a graph that is still there."""
  return getattr(graph(), _ATTRIBUTE)[name](*arguments)
