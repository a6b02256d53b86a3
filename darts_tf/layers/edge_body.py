"""The mixture of one edge, and what edges share, as functions of tensors."""

import random
from collections.abc import Sequence
from typing import NamedTuple

import tensorflow as tf

from darts_tf.compat.tensorflow import followed_once, followed_twice
from darts_tf.graph.constants import constant
from darts_tf.layers.copies import build_operation
from darts_tf.layers.operation import Operation
from darts_tf.layers.slots import (
  Slot,
  given_values,
  join_values,
  slot_values,
  slots_for_weights,
)
from darts_tf.layers.weighted_sum import add, factors, mix
from darts_tf.search_space.style import OperationStyle

# The candidate outside of the mixing weights; a skip connection of its own.
AUXILIARY_SKIP = 'auxiliary_skip'


def build_candidate(
  name: str, channels: int, stride: int, style: OperationStyle, copies: int = 1
) -> Operation:
  """Builds a candidate of edges; the caller rectifies its input.

  Args:
    name: of an operation, or `AUXILIARY_SKIP`.
    channels: see `Operation`.
    stride: see `Operation`.
    style: conventions of the search space.
    copies: number of edges served.
  """
  known = 'skip_connect' if name == AUXILIARY_SKIP else name
  return build_operation(known, channels, stride, style, copies, activate=False)


class EdgeInputs(NamedTuple):
  """The tensors that the mixture of an edge is computed from.

  Args:
    arranged: the state of the node, in the order of `EdgeBody.readings`.
    pooled: outputs that edges share, side by side, in a list; empty if the edge
      has none.
    row: mixing weights, `(candidates,)`.
    kernels: values of the trained slots one after the other, in a list; empty
      if there are none.
    averages: those of the others likewise; empty, too, if they have no part in
      the result.
  """

  arranged: list
  pooled: list[tf.Tensor]
  row: tf.Tensor
  kernels: list[tf.Tensor]
  averages: list[tf.Tensor]


class EdgeBody:
  """Computes the mixture of an edge with whatever weights it is given.

  Args:
    names: operations of the edge.
    columns: places of their mixing weights.
    pooled: places of the mixing weights of `EdgeInputs.pooled`.
    channels: of the node and of the output.
    stride: of the edge.
    style: conventions of the search space.
    input_shape: `(batch, height, width, channels)` of the node.

  Attributes:
    readings: how the operations read the state of the node: whether they
      rectify it, and the arrangement.
  """

  def __init__(
    self,
    names: Sequence[str],
    columns: Sequence[int],
    pooled: Sequence[int],
    channels: int,
    stride: int,
    style: OperationStyle,
    input_shape: tuple,
  ):
    # There is one edge.
    self._places = [(0, column) for column in columns]
    self._pooled = [(0, column) for column in pooled]
    self._channels = channels
    self._operations, self._slots = _build(
      names, channels, stride, style, input_shape
    )
    self._reads = [
      (op.rectifies, op.arrangement(input_shape)) for op in self._operations
    ]
    self.readings = tuple(dict.fromkeys(self._reads))

  def __call__(
    self, inputs: EdgeInputs, training: bool | None, moves: bool
  ) -> tuple[tf.Tensor, list[tf.Tensor]]:
    """Computes the mixture.

    Args:
      inputs: see `EdgeInputs`.
      training: see `BatchNorm`.
      moves: whether running statistics move.

    Returns:
      `(batch, height', width', channels)`, and what `inputs.averages` are
      afterwards.
    """
    trained = [slot for slot in self._slots if slot.trainable]
    moving = [slot for slot in self._slots if not slot.trainable]
    averages = inputs.averages
    values = slot_values(trained, inputs.kernels)
    values |= slot_values(moving, averages)
    # Where kernels have gradients, passes keep the most.
    frugal = not tf.executing_eagerly() and any(
      map(followed_once, inputs.kernels)
    )
    for operation in self._operations:
      operation.frugal = frugal and not followed_twice(inputs.kernels)
    arranged = dict(zip(self.readings, inputs.arranged, strict=True))
    weights = tf.reshape(inputs.row, constant([1, -1]))
    terms, lattices = [], {}
    with given_values(values) as moved:
      for operation, read, factor in zip(
        self._operations, self._reads, self._factors(weights), strict=True
      ):
        arrangement = read[1]
        (y,) = operation.branches(
          arranged[read], arrangement, 1, [factor], training
        )
        if arrangement.lattices == 1:
          terms.append(y)
        else:
          lattices.setdefault(arrangement, []).append(y)
      if moves:
        averages = join_values(moving, moved, averages)
    # Outputs on the same lattices are added before they are put back.
    for arrangement, ys in lattices.items():
      terms.append(arrangement.undo(add(ys)))
    for pooled in inputs.pooled:
      terms += mix(pooled, weights, [[p] for p in self._pooled], 1)
    return add(terms), averages

  def _factors(self, weights):
    if not self._places:
      return []
    return tf.unstack(factors(weights, self._places, self._channels))


class StateBody:
  """Computes what the edges that leave a node have in common.

  Args:
    readings: how their operations read the state, see `EdgeBody.readings`.
    pooled: groups of operations whose outputs do not depend on the edge.
    channels: of the node.
    stride: of the edges.
    style: conventions of the search space.
    input_shape: `(batch, height, width, channels)` of the node.
  """

  def __init__(
    self,
    readings: Sequence[tuple],
    pooled: Sequence[tuple[str, ...]],
    channels: int,
    stride: int,
    style: OperationStyle,
    input_shape: tuple,
  ):
    self._readings, self._groups = readings, pooled
    self._names = list(dict.fromkeys(n for group in pooled for n in group))
    self._operations, self._slots = _build(
      self._names, channels, stride, style, input_shape
    )

  def __call__(
    self, x, averages: list[tf.Tensor], training: bool | None, moves: bool
  ) -> tuple[list, list[tf.Tensor], list[tf.Tensor]]:
    """Computes it.

    Args:
      x: state of the node.
      averages: running statistics of the operations, see `EdgeInputs`.
      training: see `BatchNorm`.
      moves: whether running statistics move.

    Returns:
      The state in each reading, the outputs of each group side by side, and
      what `averages` are afterwards.
    """
    with given_values(slot_values(self._slots, averages)) as moved:
      outputs = {
        name: operation(x, training=training)
        for name, operation in zip(self._names, self._operations, strict=True)
      }
      if moves:
        averages = join_values(self._slots, moved, averages)
    joined = [
      tf.concat([outputs[name] for name in group], -1) for group in self._groups
    ]
    rectified = None
    if any(rectifies for rectifies, _ in self._readings):
      rectified = tf.nn.relu(x)
    arranged = [
      arrangement.apply(rectified if rectifies else x)
      for rectifies, arrangement in self._readings
    ]
    return arranged, joined, averages


def _build(
  names, channels, stride, style, input_shape
) -> tuple[list[Operation], list[Slot]]:
  """Builds operations of one edge that have slots for weights."""
  operations = [
    build_candidate(name, channels, stride, style) for name in names
  ]
  # The first values of these weights have no part in anything, so they
  # must not take a draw from those that have.
  state = random.getstate()
  try:
    with slots_for_weights() as slots:
      for operation in operations:
        operation.build(input_shape)
  finally:
    random.setstate(state)
  return operations, slots
