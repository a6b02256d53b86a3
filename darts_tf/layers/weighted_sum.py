"""Mixing weights as factors of channels, and weighted sums of tensors."""

from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from darts_tf.graph.constants import constant
from darts_tf.layers.convolution import pointwise_conv

# Places of mixing weights: edge and column.
Places = Sequence[tuple[int, int]]


def factors(weights, places: Places, channels: int) -> tf.Tensor:
  """Returns mixing weights once a channel, `(len(places), channels)`.

  Args:
    weights: mixing weights, `(edges, candidates)`.
    places: of the weights that are wanted.
    channels: how often each is wanted.
  """
  # Products have smaller gradient graphs than operations that gather and
  # repeat.
  ones = constant(np.ones([1, channels]), weights.dtype)
  return tf.matmul(_chosen(weights, places), ones)


def mix(
  shared, weights, places: Sequence[Places], count: int
) -> list[tf.Tensor]:
  """Returns weighted sums of tensors that edges share, as 1x1 convolutions.

  The kernel is the Kronecker product of the weights and the identity.

  Args:
    shared: the tensors side by side, `(batch, height, width, tensors * c)`.
    weights: mixing weights, `(edges, candidates)`.
    places: of each tensor's weights, one an edge.
    count: number of results: 1, with the edges side by side, or one an edge.
  """
  tensors, edges = len(places), len(places[0])
  size = shared.shape[-1] // tensors
  eye = constant(np.eye(size), weights.dtype)
  if count == 1:
    chosen = _chosen(weights, [p for of_term in places for p in of_term])
    kernel = tf.reshape(chosen, [tensors, 1, edges, 1]) * eye[None, :, None, :]
  else:
    chosen = _chosen(weights, [p for of_edge in zip(*places) for p in of_edge])
    kernel = tf.reshape(chosen, [edges, tensors, 1, 1]) * eye
  kernel = tf.cast(
    tf.reshape(kernel, [count, tensors * size, edges // count * size]),
    shared.dtype,
  )
  return [pointwise_conv(shared, matrix) for matrix in tf.unstack(kernel)]


def add(terms: Sequence[tf.Tensor]) -> tf.Tensor:
  """Returns the sum of one tensor or several."""
  return terms[0] if len(terms) == 1 else tf.add_n(terms)


def _chosen(weights, places: Places) -> tf.Tensor:
  """Some of the mixing weights, `(len(places), 1)`."""
  edges, columns = weights.shape
  one_hot = np.zeros([len(places), edges * columns])
  for row, (edge, column) in enumerate(places):
    one_hot[row, edge * columns + column] = 1
  return tf.matmul(
    constant(one_hot, weights.dtype), tf.reshape(weights, constant([-1, 1]))
  )
