"""A group of cells that share an architecture, as parts see it."""

import dataclasses
from collections.abc import Mapping

import numpy as np
import tensorflow as tf

from darts_tf.search_space.topology import CellTopology


@dataclasses.dataclass(frozen=True)
class Group:
  """Cells with common architecture parameters.

  Args:
    name: of the group.
    kind: of its cells.
    topology: nodes and edges of a cell.
    candidates: operation names of each edge.
    exists: `(edges, candidates)`, whether an edge has a candidate there;
      edges may have fewer than the largest number.
    mask: the same, less what the search has excluded meanwhile; a tensor.
    rates: the factors that change as epochs pass, by name; scalar tensors.
  """

  name: str
  kind: str
  topology: CellTopology
  candidates: tuple[tuple[str, ...], ...]
  exists: np.ndarray
  mask: tf.Tensor
  rates: Mapping[str, tf.Tensor]

  @property
  def shape(self) -> tuple[int, int]:
    """Edges and largest number of candidates."""
    return self.exists.shape

  def masked(self, logits: tf.Tensor) -> tf.Tensor:
    """Gives entries without a candidate the least logit there is.

    Args:
      logits: `(edges, candidates)`.
    """
    return tf.where(self.mask, logits, logits.dtype.min)

  def rate(self, name: str, dtype: tf.DType) -> tf.Tensor:
    """Returns a factor in the type of what it is multiplied with."""
    return tf.cast(self.rates[name], dtype)

  def node_softmax(self, logits: tf.Tensor) -> tf.Tensor:
    """Returns a softmax over all entries of the edges that enter a node.

    Args:
      logits: `(edges, n)` or `(edges,)`.

    Returns:
      A tensor of the same shape; its sum over the edges of a node is 1.
    """
    rows = tf.unstack(logits)
    result = list(rows)
    for node in self.topology.nodes:
      edges = self.topology.incoming(node)
      if not edges:
        continue
      joint = tf.stack([rows[edge] for edge in edges])
      weights = tf.reshape(tf.nn.softmax(tf.reshape(joint, [-1])), joint.shape)
      for edge, row in zip(edges, tf.unstack(weights)):
        result[edge] = row
    return tf.stack(result)
