"""All edges that leave one node, of which only one candidate each runs."""

from collections.abc import Callable, Sequence

import keras
import tensorflow as tf

from darts_tf.graph.shared_functions import SharedFunctions
from darts_tf.layers.batch_norm import frozen_averages
from darts_tf.layers.copies import build_operation
from darts_tf.layers.node_edges import NodeEdges
from darts_tf.layers.operation import Operation, WeightView
from darts_tf.layers.slots import (
  Slot,
  SlotArrays,
  given_values,
  slot_values,
  slots_for_weights,
)


class SelectedEdges(NodeEdges):
  """Edges that run the candidate that is selected, and no other.

  Edge `e` gives `p[e, s] o_s(x)` with `s` the selected candidate
  (arXiv:1910.04465; the released cell of the DARTS space). What is not
  selected costs neither time nor memory. Each edge has layers of its own,
  whose normalization takes the statistics of the batch, in evaluation, too:
  running averages of candidates that run now and then say little, and a
  branch of a graph cannot move them.

  A candidate that may run is a branch of the graph. Edges of all cells with
  the same candidates, channels and stride call one function.

  Args:
    *args: arguments of `NodeEdges`.
    functions: those of all edges of a supernet; by default of these alone.
    **kwargs: arguments of `NodeEdges`.
  """

  def __init__(self, *args, functions: SharedFunctions | None = None, **kwargs):
    super().__init__(*args, **kwargs)
    self._functions = functions or SharedFunctions()
    self.edges = [
      [
        build_operation(name, self.channels, self.stride, self.style)
        for name in names
      ]
      for names in self.candidates
    ]

  def build(self, input_shape) -> None:
    """Builds the operations, and the arrays of their weights."""
    slots = []
    for names, operations in zip(self.candidates, self.edges):
      for name, operation in zip(names, operations):
        operation.name = name
        with slots_for_weights() as of_operation:
          operation.build(input_shape)
        slots.append(of_operation)
    self._arrays = SlotArrays(self, [slot for own in slots for slot in own])
    rest = iter([[s for s in own if s.trainable] for own in slots])
    # The trained slots of each candidate, by edge.
    self._slots = [[next(rest) for _ in names] for names in self.candidates]

  def call(self, x, weights, selected, training=None):
    """Computes the selected candidates.

    Args:
      x: state of the node, `(batch, height, width, channels)`.
      weights: mixing weights, `(edges, candidates)`.
      selected: the position of the candidate that runs, a scalar an edge.
      training: whether sources of random numbers move on.

    Returns:
      A list with a tensor `(batch, height', width', channels)` for each
      edge.
    """
    x = tf.cast(x, self.compute_dtype)
    outputs = []
    for names, operations, slots, kernels, factors, choice in zip(
      self.candidates,
      self.edges,
      self._slots,
      self._kernels(),
      tf.unstack(weights),
      selected,
      strict=True,
    ):
      variables = [v for operation in operations for v in operation.variables]
      output, states = self._functions.choose(
        (SelectedEdges, names, self.channels, self.stride, self.style),
        [_candidate(k, operations, slots) for k in range(len(names))],
        choice,
        x,
        factors[: len(names)],
        kernels,
        [tf.convert_to_tensor(v) for v in variables],
      )
      outputs.append(output)
      if training:
        for variable, value in zip(
          filter(_draws, variables), states, strict=True
        ):
          variable.assign(value)
    return outputs

  def _kernels(self) -> list[list[list[tf.Tensor]]]:
    """Returns the trained values of each candidate, by edge.

    They are an array in a list, or an empty list.
    """
    sizes = [[_size(own) for own in of_edge] for of_edge in self._slots]
    arrays, _ = self._arrays.read(averages=False)
    parts = iter(
      [
        part
        for array in arrays
        for part in tf.split(
          array, [n for of_edge in sizes for n in of_edge if n]
        )
      ]
    )
    return [
      [[next(parts)] if size else [] for size in of_edge] for of_edge in sizes
    ]

  def operation(self, edge: int, operation: str) -> Operation:
    """Returns the layer that computes a candidate of an edge."""
    return self.edges[edge][self.candidates[edge].index(operation)]

  def weight_views(self, edge: int, operation: str) -> dict[str, WeightView]:
    """Returns the weights of one candidate of one edge, by name."""
    return self.operation(edge, operation).weight_views()


def _size(slots: Sequence[Slot]) -> int:
  return sum(slot.size for slot in slots)


def _draws(variable: keras.Variable) -> bool:
  """Tells whether a variable is the state of a source of random numbers."""
  return not tf.as_dtype(variable.dtype).is_floating


def _candidate(
  position: int,
  operations: Sequence[Operation],
  slots: Sequence[Sequence[Slot]],
) -> Callable[..., tuple[tf.Tensor, list[tf.Tensor]]]:
  """Returns a function that computes a candidate times its factor.

  Args:
    position: of the candidate.
    operations: the candidates of an edge.
    slots: the trained slots of each.

  Returns:
    A function of the state of the node, the mixing weights of all candidates,
    the values of their slots (see `slot_values`), and those of the variables
    that are no slots. It returns the output, and the next values of the
    sources of random numbers. What it does to running averages is lost.
  """
  operation, own = operations[position], slots[position]
  variables = [v for each in operations for v in each.variables]

  def compute(x, factors, kernels, values):
    scope = keras.StatelessScope(list(zip(variables, values, strict=True)))
    given = slot_values(own, kernels[position])
    factor = factors[position]
    with frozen_averages(), scope, given_values(given):
      if operation.edge_independent:
        y = operation(x, training=True)
        y = y * tf.cast(factor, y.dtype)
      else:
        y = operation(x, tf.reshape(factor, [1]), training=True)
    return y, [scope.get_current_value(v) for v in variables if _draws(v)]

  return compute
