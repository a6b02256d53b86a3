"""Weights of several edges in one array, sorted by edge."""

from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from darts_tf.graph.constants import constant
from darts_tf.graph.custom_gradient import custom_gradient
from darts_tf.layers.slots import Slot


class EdgeOrder:
  """The order in which the entries of an array belong to edges.

  An operation that serves several edges has one weight for all of them. A
  function that computes one edge wants what belongs to this edge.

  Args:
    slots: of the array, in order.
    axes: of each slot the axis along which edges lie, and their number;
      `None` if the slot belongs to no edge alone.
    edges: of each edge, its slots and its position among the edges of each.
  """

  def __init__(
    self,
    slots: Sequence[Slot],
    axes: dict[Slot, tuple[int, int] | None],
    edges: Sequence[Sequence[tuple[Slot, int]]],
  ):
    indices, start = {}, 0
    for slot in slots:
      indices[slot] = np.arange(start, start + slot.size).reshape(slot.shape)
      start += slot.size
    parts = [
      [_part(indices[slot], axes[slot], place) for slot, place in of_edge]
      for of_edge in edges
    ]
    rest = [indices[slot].ravel() for slot in slots if axes[slot] is None]
    self._sizes = [sum(map(len, of_edge)) for of_edge in (*parts, rest)]
    order = [part for of_edge in (*parts, rest) for part in of_edge]
    self._order = np.concatenate([*order, []]).astype(np.int32)
    self._inverse = np.argsort(self._order).astype(np.int32)

  def split(
    self, arrays: list[tf.Tensor]
  ) -> tuple[list[list[tf.Tensor]], list[tf.Tensor]]:
    """Returns what belongs to each edge, and to none.

    Args:
      arrays: the array in a list; empty for no values.

    Returns:
      For each edge a vector in a list, and for undivided slots likewise; the
      list is empty if there is nothing.
    """
    *of_edges, rest = [[] for _ in self._sizes]
    if arrays:
      parts = tf.split(
        _permuted(arrays[0], self._order, self._inverse), self._sizes
      )
      *of_edges, rest = [
        [part] if size else [] for part, size in zip(parts, self._sizes)
      ]
    return of_edges, rest

  def join(
    self, of_edges: Sequence[list[tf.Tensor]], rest: list[tf.Tensor]
  ) -> list[tf.Tensor]:
    """Returns the array; see `split`."""
    parts = [part for of_edge in (*of_edges, rest) for part in of_edge]
    if not parts:
      return []
    return [_permuted(tf.concat(parts, 0), self._inverse, self._order)]


def _part(indices: np.ndarray, cut: tuple[int, int], place: int) -> np.ndarray:
  axis, copies = cut
  return np.split(indices, copies, axis)[place].ravel()


def _permuted(array, order: np.ndarray, inverse: np.ndarray) -> tf.Tensor:
  """Returns the entries of an array in another order."""

  # The gradient of tf.gather would be sparse.
  @custom_gradient
  def permute(x):
    return tf.gather(x, constant(order)), lambda upstream: tf.gather(
      upstream, constant(inverse)
    )

  return permute(array)
