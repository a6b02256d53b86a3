"""All edges that leave one node, computed together."""

import dataclasses

import keras
import numpy as np
import tensorflow as tf

from darts_tf.layers.convolution import conv, strided_shape
from darts_tf.layers.copies import build_operation
from darts_tf.layers.operation import Operation, WeightView
from darts_tf.search_space.style import OperationStyle


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

  def scale(self, columns):
    """Mixing weights of the operation, one an edge."""
    if len(set(self.columns)) == 1:
      column = columns[self.columns[0]]
      if len(self.edges) == column.shape[0]:
        return column
      return tf.gather(column, self.edges)
    return tf.stack([columns[k][e] for e, k in zip(self.edges, self.columns)])


class MixedEdges(keras.layers.Layer):
  r"""The mixed operations of all edges that leave one node.

  Edge `e` gives `sum_k p[e, k] o_k(x)` (arXiv:1806.09055, equation 2).
  As `x` is the same for all of them, its ReLU is taken once, pools once,
  and each convolutional candidate computes all its edges in one layer whose
  last normalization has the mixing weights for its scale.

  Args:
    candidates: operation names of each edge.
    channels: channels of the node and of each edge's output.
    stride: 1 or 2, of all these edges.
    style: conventions of the search space.
    **kwargs: arguments of `keras.layers.Layer`.
  """

  def __init__(
      self, candidates: tuple[tuple[str, ...], ...], channels: int,
      stride: int = 1, style: OperationStyle = OperationStyle(), **kwargs,
  ):
    if isinstance(style, dict):
      style = OperationStyle(**style)
    kwargs.setdefault('dtype', style.dtype)
    super().__init__(**kwargs)
    self.candidates = tuple(tuple(names) for names in candidates)
    self.channels = channels
    self.stride = stride
    self.style = style
    # The layers are held in a list of this layer's own, which is what Keras
    # tracks; the bundles say which edges each of them serves.
    self.operations = []
    self.bundles = {}
    for name in dict.fromkeys(n for names in self.candidates for n in names):
      if name == 'none':
        continue  # Adds nothing, so it costs nothing.
      edges = tuple(
          e for e, names in enumerate(self.candidates) if name in names)
      columns = tuple(self.candidates[e].index(name) for e in edges)
      operation = build_operation(
          name, channels, stride, style, copies=len(edges), activate=False)
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
    columns = tf.unstack(tf.cast(weights, x.dtype), axis=1)
    rectified = tf.nn.relu(x)
    # Outputs for the same edges are added before they are taken apart.
    sums = {}
    pools = {}
    for bundle in self.bundles.values():
      operation = bundle.operation
      if operation.edge_independent:
        pools.setdefault(bundle.edges, []).append(
            (operation(x, training=training), bundle.scale(columns)))
      else:
        sums.setdefault(bundle.edges, []).append(operation(
            rectified if operation.rectifies else x,
            scale=bundle.scale(columns), training=training))
    for edges, terms in pools.items():
      sums.setdefault(edges, []).append(self._mix(terms))
    outputs = [[] for _ in self.candidates]
    for edges, terms in sums.items():
      for edge, part in zip(edges, tf.split(_add(terms), len(edges), -1)):
        outputs[edge].append(part)
    if not all(outputs):
      zeros = tf.zeros_like(x[:, ::self.stride, ::self.stride])
      outputs = [terms or [zeros] for terms in outputs]
    return [_add(terms) for terms in outputs]

  def _mix(self, terms):
    """Weighted sums of tensors that all edges share, as a 1x1 convolution.

    The kernel is the Kronecker product of the weights and the identity.
    """
    shared = tf.concat([y for y, _ in terms], -1)
    weights = tf.stack([scale for _, scale in terms])
    eye = tf.constant(np.eye(self.channels), weights.dtype)
    kernel = weights[:, None, :, None] * eye[None, :, None, :]
    rows, columns = (n * self.channels for n in weights.shape)
    return conv(shared, tf.reshape(kernel, [1, 1, rows, columns]))

  def weight_views(self, edge: int, operation: str) -> dict[str, WeightView]:
    """The weights of one candidate of one edge.

    Args:
      edge: position among the edges of this node.
      operation: name of the candidate.

    Returns:
      Name to view; empty for candidates without weights.
    """
    if operation == 'none':
      return {}
    bundle = self.bundles[operation]
    return bundle.operation.weight_views(bundle.edges.index(edge))

  def compute_output_shape(self, input_shape, weights_shape=None):
    """One shape an edge."""
    del weights_shape
    shape = strided_shape(input_shape, self.stride, self.channels)
    return [shape] * len(self.candidates)

  def get_config(self):
    """Returns the arguments of the constructor."""
    return super().get_config() | {
        'candidates': self.candidates, 'channels': self.channels,
        'stride': self.stride, 'style': self.style.to_dict()}


def _add(terms):
  return terms[0] if len(terms) == 1 else tf.add_n(terms)
