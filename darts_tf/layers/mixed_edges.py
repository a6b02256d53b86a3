"""All edges that leave one node, computed together."""

import dataclasses

import numpy as np
import tensorflow as tf

from darts_tf.graph.constants import constant
from darts_tf.layers.convolution import pointwise_conv
from darts_tf.layers.copies import build_operation
from darts_tf.layers.node_edges import NodeEdges
from darts_tf.layers.operation import Operation, WeightView

# The candidate outside of the mixing weights; a skip connection of its own.
AUXILIARY_SKIP = 'auxiliary_skip'
_BUILT_AS = {AUXILIARY_SKIP: 'skip_connect'}


@dataclasses.dataclass(frozen=True)
class _Bundle:
  """One candidate operation and the edges that have it.

  Args:
    operation: serves all of these edges.
    edges: their positions among the edges of the node.
    columns: the operation's position in each edge's list of candidates.
  """

  operation: Operation
  edges: tuple[int, ...]
  columns: tuple[int, ...]

  @property
  def places(self) -> list[tuple[int, int]]:
    """The places of the operation's mixing weights: edge and column."""
    return list(zip(self.edges, self.columns, strict=True))


class MixedEdges(NodeEdges):
  r"""The mixed operations of all edges that leave one node.

  Edge `e` gives `sum_k p[e, k] o_k(x)` (arXiv:1806.09055, equation 2).
  As `x` is the same for all of them, its ReLU and its pools are computed
  once, and dilated kernels of all sizes share the arrangement of its pixels.
  The last normalization of each candidate has the mixing weights for its
  scale.

  Each convolutional candidate holds the weights of all its edges. It
  computes them in one of two forms. Joined, the channels of all edges lie
  in one tensor: this form starts the fewest kernels, which decides the speed
  on a GPU. Apart, each edge has a tensor of its own: this form copies nothing
  to join or to separate channels. On a CPU such copies cost more than the
  computation (docs/performance.md).

  Args:
    *args: arguments of `NodeEdges`.
    apart: the form; `None` for apart where there is no GPU.
    **kwargs: arguments of `NodeEdges`.
  """

  def __init__(self, *args, apart: bool | None = None, **kwargs):
    super().__init__(*args, **kwargs)
    self.apart = apart
    # Keras tracks the layers in this list; the bundles say which edges each
    # of them serves.
    self.operations = []
    self.bundles = {}
    for name in dict.fromkeys(n for names in self.candidates for n in names):
      if name == 'none':
        continue  # Adds nothing, so it costs nothing.
      edges = tuple(
        e for e, names in enumerate(self.candidates) if name in names
      )
      columns = tuple(self.candidates[e].index(name) for e in edges)
      operation = build_operation(
        _BUILT_AS.get(name, name),
        self.channels,
        self.stride,
        self.style,
        copies=len(edges),
        activate=False,
      )
      operation.name = name
      self.operations.append(operation)
      self.bundles[name] = _Bundle(operation, edges, columns)

  def build(self, input_shape) -> None:
    """Builds the operations."""
    for operation in self.operations:
      operation.build(input_shape)

  def call(self, x, weights, training=None):
    """Computes the weighted sums.

    Args:
      x: state of the node, `(batch, height, width, channels)`.
      weights: mixing weights, `(edges, candidates)`.
      training: see `BatchNorm`.

    Returns:
      A list with a tensor `(batch, height', width', channels)` for each
      edge.
    """
    x = tf.cast(x, self.compute_dtype)
    apart = self.apart
    if apart is None:
      apart = not tf.config.list_logical_devices('GPU')
    factors = self._factors(weights, apart)
    inputs, pools, totals, lattices = {}, {}, {}, {}
    for bundle in self.bundles.values():
      operation = bundle.operation
      if operation.edge_independent:
        pools.setdefault(bundle.edges, []).append(
          (operation(x, training=training), bundle)
        )
        continue
      arrangement = operation.arrangement(x.shape)
      key = operation.rectifies, arrangement
      if key not in inputs:
        inputs[key] = arrangement.apply(
          tf.nn.relu(x) if operation.rectifies else x
        )
      branches = _branches(bundle.edges, apart)
      for branch, y in zip(
        branches,
        operation.branches(
          inputs[key],
          arrangement,
          len(branches),
          factors[operation.name],
          training,
        ),
        strict=True,
      ):
        if arrangement.lattices == 1:
          totals.setdefault(branch, []).append(y)
        else:
          lattices.setdefault((branch, arrangement), []).append(y)
    # Outputs on the same lattices are added before they are put back.
    for (branch, arrangement), terms in lattices.items():
      totals.setdefault(branch, []).append(arrangement.undo(_add(terms)))
    for edges, terms in pools.items():
      branches = _branches(edges, apart)
      for branch, y in zip(
        branches, self._mix(terms, weights, len(branches)), strict=True
      ):
        totals.setdefault(branch, []).append(y)
    outputs = [[] for _ in self.candidates]
    for branch, terms in totals.items():
      # Outputs of the same edges are added before they are separated.
      total = _add(terms)
      parts = [total] if len(branch) == 1 else tf.split(total, len(branch), -1)
      for edge, part in zip(branch, parts, strict=True):
        outputs[edge].append(part)
    if not all(outputs):
      zeros = tf.zeros_like(x[:, :: self.stride, :: self.stride])
      outputs = [terms or [zeros] for terms in outputs]
    return [_add(terms) for terms in outputs]

  def _factors(self, weights, apart):
    """Mixing weights, one a channel, by operation and branch."""
    bundles = [
      b for b in self.bundles.values() if not b.operation.edge_independent
    ]
    if not bundles:
      return {}
    sizes, places = [], []
    for bundle in bundles:
      places += bundle.places
      sizes += [
        len(branch) * self.channels for branch in _branches(bundle.edges, apart)
      ]
    # Products have smaller gradient graphs than operations that gather and
    # repeat.
    ones = constant(np.ones([1, self.channels]), weights.dtype)
    vectors = tf.split(
      tf.reshape(tf.matmul(_chosen(weights, places), ones), [-1]), sizes
    )
    vectors = iter(vectors)
    return {
      bundle.operation.name: [
        next(vectors) for _ in _branches(bundle.edges, apart)
      ]
      for bundle in bundles
    }

  def _mix(self, terms, weights, count):
    """Weighted sums of tensors that all edges share, as 1x1 convolutions.

    The kernel is the Kronecker product of the weights and the identity.
    """
    shared = tf.concat([y for y, _ in terms], -1)
    edges, tensors, size = len(terms[0][1].edges), len(terms), self.channels
    places = [bundle.places for _, bundle in terms]
    eye = constant(np.eye(size), weights.dtype)
    if count == 1:
      chosen = _chosen(weights, [p for of_term in places for p in of_term])
      kernel = (
        tf.reshape(chosen, [tensors, 1, edges, 1]) * eye[None, :, None, :]
      )
    else:
      chosen = _chosen(
        weights, [p for of_edge in zip(*places) for p in of_edge]
      )
      kernel = tf.reshape(chosen, [edges, tensors, 1, 1]) * eye
    kernel = tf.cast(
      tf.reshape(kernel, [count, tensors * size, edges // count * size]),
      shared.dtype,
    )
    return [pointwise_conv(shared, matrix) for matrix in tf.unstack(kernel)]

  def operation(self, edge: int, operation: str) -> Operation:
    """Returns the layer that computes a candidate of an edge."""
    del edge
    return self.bundles[operation].operation

  def weight_views(self, edge: int, operation: str) -> dict[str, WeightView]:
    """Returns the weights of one candidate of one edge, by name."""
    if operation == 'none':
      return {}
    bundle = self.bundles[operation]
    return bundle.operation.weight_views(bundle.edges.index(edge))

  def get_config(self):
    """Returns the arguments of the constructor."""
    return super().get_config() | {'apart': self.apart}


def _chosen(weights, places: list[tuple[int, int]]):
  """Some of the mixing weights, `(len(places), 1)`, by edge and column."""
  edges, columns = weights.shape
  one_hot = np.zeros([len(places), edges * columns])
  for row, (edge, column) in enumerate(places):
    one_hot[row, edge * columns + column] = 1
  return tf.matmul(
    constant(one_hot, weights.dtype), tf.reshape(weights, constant([-1, 1]))
  )


def _branches(edges: tuple[int, ...], apart: bool) -> list[tuple[int, ...]]:
  """Returns the edges of each tensor."""
  return [(edge,) for edge in edges] if apart else [edges]


def _add(terms):
  return terms[0] if len(terms) == 1 else tf.add_n(terms)
