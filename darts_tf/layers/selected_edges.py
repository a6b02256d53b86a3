"""All edges that leave one node, of which only one candidate each runs."""

import functools
import itertools
from collections.abc import Callable, Sequence

import keras
import tensorflow as tf

from darts_tf.layers.batch_norm import frozen_averages
from darts_tf.layers.copies import build_operation
from darts_tf.layers.node_edges import NodeEdges
from darts_tf.layers.operation import Operation, WeightView


class EdgeFunctions:
  """Functions that edges which compute the same have in common.

  A candidate that may run is a branch of the graph. Edges of all cells with
  the same candidates, channels and stride call one traced function with
  their own weights. So the time to build the graph grows with the kinds of
  edges, not with their number.
  """

  def __init__(self):
    self._functions: dict[tuple, Callable[..., tf.Tensor]] = {}

  def compute(
    self, key: tuple, operations: Sequence[Operation], choice, x, factors
  ) -> tf.Tensor:
    """Computes the selected candidate of an edge times its factor.

    Args:
      key: what edges must share to share a function.
      operations: the candidates of the edge.
      choice: position of the candidate that runs, a scalar.
      x: state of the node.
      factors: mixing weights of the candidates.
    """
    if key not in self._functions:
      self._functions[key] = _edge_function(operations)
    values = [tf.convert_to_tensor(v) for o in operations for v in o.variables]
    return self._functions[key](choice, x, factors, values)


def _edge_function(template: Sequence[Operation]) -> Callable[..., tf.Tensor]:
  """Returns a function of the values of an edge's variables.

  Args:
    template: candidates of one edge, which lend their code to all.
  """
  counts = [len(operation.variables) for operation in template]

  @tf.function(autograph=False, experimental_attributes={'_noinline': True})
  def function(choice, x, factors, values):
    values, branches = iter(values), []
    for operation, factor, count in zip(
      template, tf.unstack(factors), counts, strict=True
    ):
      own = list(itertools.islice(values, count))
      branches.append(functools.partial(_branch, operation, x, factor, own))
    return tf.switch_case(choice, branches)

  return function


def _branch(operation: Operation, x, factor, values) -> tf.Tensor:
  """Computes a candidate times its factor, with other values of variables.

  What it writes is lost with its scope, and so is what it would do to
  running averages.
  """
  # Gradients of an operation may refer to its arguments. These must be
  # tensors of the branch then, not of the graph around it.
  x, factor, *values = map(tf.identity, (x, factor, *values))
  scope = keras.StatelessScope(
    list(zip(operation.variables, values, strict=True))
  )
  with frozen_averages(), scope:
    if operation.edge_independent:
      y = operation(x, training=True)
      return y * tf.cast(factor, y.dtype)
    return operation(x, tf.reshape(factor, [1]), training=True)


class SelectedEdges(NodeEdges):
  """Edges that run the candidate that is selected, and no other.

  Edge `e` gives `p[e, s] o_s(x)` with `s` the selected candidate
  (arXiv:1910.04465; the released cell of the DARTS space). What is not
  selected costs neither time nor memory. Each edge has layers of its own,
  whose normalization takes the statistics of the batch, in evaluation, too:
  running averages of candidates that run now and then say little, and a
  branch of a graph cannot move them.

  Args:
    *args: arguments of `NodeEdges`.
    functions: those of all edges of a supernet; by default of these alone.
    **kwargs: arguments of `NodeEdges`.
  """

  def __init__(self, *args, functions: EdgeFunctions | None = None, **kwargs):
    super().__init__(*args, **kwargs)
    self._edge_functions = functions or EdgeFunctions()
    self.edges = [
      [
        build_operation(name, self.channels, self.stride, self.style)
        for name in names
      ]
      for names in self.candidates
    ]

  def build(self, input_shape) -> None:
    """Builds the operations."""
    for names, operations in zip(self.candidates, self.edges):
      for name, operation in zip(names, operations):
        operation.name = name
        operation.build(input_shape)

  def call(self, x, weights, selected, training=None):
    """Computes the selected candidates.

    Args:
      x: state of the node, `(batch, height, width, channels)`.
      weights: mixing weights, `(edges, candidates)`.
      selected: the position of the candidate that runs, a scalar an edge.
      training: of no influence.

    Returns:
      A list with a tensor `(batch, height', width', channels)` for each
      edge.
    """
    del training
    x = tf.cast(x, self.compute_dtype)
    kind = self.channels, self.stride, self.style
    return [
      self._edge_functions.compute(
        (names, *kind), operations, choice, x, factors[: len(names)]
      )
      for names, operations, factors, choice in zip(
        self.candidates, self.edges, tf.unstack(weights), selected, strict=True
      )
    ]

  def operation(self, edge: int, operation: str) -> Operation:
    """Returns the layer that computes a candidate of an edge."""
    return self.edges[edge][self.candidates[edge].index(operation)]

  def weight_views(self, edge: int, operation: str) -> dict[str, WeightView]:
    """Returns the weights of one candidate of one edge, by name."""
    return self.operation(edge, operation).weight_views()
