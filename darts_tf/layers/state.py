"""States of nodes, and outputs of cells, that several layers read."""

import functools
from collections.abc import Sequence

import tensorflow as tf


class State:
  """A tensor that several layers read, as it is or rectified.

  One ReLU serves all of them, and one activation is kept for gradients.

  Args:
    x: the tensor; `None` for a missing node, which nothing reads.
  """

  def __init__(self, x: tf.Tensor | None):
    self.plain = x

  def read(self, rectified: bool) -> tf.Tensor:
    """Returns the tensor, or what a ReLU makes of it."""
    return self._rectified if rectified else self.plain

  @functools.cached_property
  def _rectified(self) -> tf.Tensor:
    return tf.nn.relu(self.plain)


def states_of(tensors: Sequence[tf.Tensor]) -> list[State]:
  """Returns a state for each tensor, one for what is the same tensor."""
  states = {id(x): State(x) for x in tensors}
  return [states[id(x)] for x in tensors]
