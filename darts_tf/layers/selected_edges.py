"""All edges that leave one node, of which only one candidate each runs."""

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
  ) -> tuple[tf.Tensor, list[tuple[keras.Variable, tf.Tensor]]]:
    """Computes the selected candidate of an edge times its factor.

    Args:
      key: what edges must share to share a function.
      operations: the candidates of the edge.
      choice: position of the candidate that runs, a scalar.
      x: state of the node.
      factors: mixing weights of the candidates.

    Returns:
      The output, and the sources of random numbers with their next values.
    """
    if key not in self._functions:
      self._functions[key] = _edge_function(operations)
    variables = [v for operation in operations for v in operation.variables]
    output, states = self._functions[key](
      choice, x, factors, [tf.convert_to_tensor(v) for v in variables]
    )
    sources = [v for v in variables if _draws(v)]
    return output, list(zip(sources, states, strict=True))


def _draws(variable: keras.Variable) -> bool:
  """Tells whether a variable is the state of a source of random numbers."""
  return not tf.as_dtype(variable.dtype).is_floating


def _edge_function(template: Sequence[Operation]) -> Callable[..., tuple]:
  """Returns a function of the values of an edge's variables.

  Args:
    template: candidates of one edge, which lend their code to all.
  """
  counts = [len(operation.variables) for operation in template]
  drawing = [_draws(v) for operation in template for v in operation.variables]

  # Inlined, all branches of all edges would be in the graph that runs.
  @tf.function(autograph=False, experimental_attributes={'_noinline': True})
  def function(choice, x, factors, values):
    rest, branches = iter(values), []
    for position, (factor, count) in enumerate(
      zip(tf.unstack(factors), counts, strict=True)
    ):
      own = list(itertools.islice(rest, count))
      first = sum(counts[:position])

      def branch(position=position, factor=factor, own=own, first=first):
        output, own = _branch(template[position], x, factor, own)
        known = [*values[:first], *own, *values[first + len(own) :]]
        return output, [
          tf.identity(value) for value, draws in zip(known, drawing) if draws
        ]

      branches.append(branch)
    return tf.switch_case(choice, branches)

  return function


def _branch(operation: Operation, x, factor, values) -> tuple:
  """Computes a candidate times its factor, with other values of variables.

  Returns:
    The output, and the values of all variables afterwards. What it does to
    running averages is lost.
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
      y = y * tf.cast(factor, y.dtype)
    else:
      y = operation(x, tf.reshape(factor, [1]), training=True)
  return y, [scope.get_current_value(v) for v in operation.variables]


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
      training: whether sources of random numbers move on.

    Returns:
      A list with a tensor `(batch, height', width', channels)` for each
      edge.
    """
    x = tf.cast(x, self.compute_dtype)
    kind = self.channels, self.stride, self.style
    outputs = []
    for names, operations, factors, choice in zip(
      self.candidates, self.edges, tf.unstack(weights), selected, strict=True
    ):
      output, states = self._edge_functions.compute(
        (names, *kind), operations, choice, x, factors[: len(names)]
      )
      outputs.append(output)
      if training:
        for variable, value in states:
          variable.assign(value)
    return outputs

  def operation(self, edge: int, operation: str) -> Operation:
    """Returns the layer that computes a candidate of an edge."""
    return self.edges[edge][self.candidates[edge].index(operation)]

  def weight_views(self, edge: int, operation: str) -> dict[str, WeightView]:
    """Returns the weights of one candidate of one edge, by name."""
    return self.operation(edge, operation).weight_views()
