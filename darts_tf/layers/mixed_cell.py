"""A cell of the supernet: the graph of a search space, edges mixed."""

import tensorflow as tf

from darts_tf.layers.cell import Cell
from darts_tf.layers.drop_path import DropPath
from darts_tf.layers.mixed_edges import MixedEdges
from darts_tf.layers.operation import Operation, WeightView
from darts_tf.search_space.macro import CellPlan
from darts_tf.search_space.style import OperationStyle
from darts_tf.search_space.topology import CellTopology


class MixedCell(Cell):
  """A cell of the supernet: every edge mixes its candidates.

  Args:
    plan: position, kind, channels and stride.
    topology: nodes and edges.
    candidates: operation names of each edge.
    preprocess: one layer an input, which adapts it to `plan.channels`.
    style: conventions of the search space.
    drop_path: whether `call` may be given a `drop_path_rate`.
    **kwargs: arguments of `keras.layers.Layer`.
  """

  def __init__(
    self,
    plan: CellPlan,
    topology: CellTopology,
    candidates: tuple[tuple[str, ...], ...],
    preprocess: list[Operation],
    style: OperationStyle,
    drop_path: bool = False,
    **kwargs,
  ):
    kwargs.setdefault('dtype', style.dtype)
    # Mixing weights keep their precision; layers cast what they read.
    super().__init__(
      plan, preprocess, topology.output, autocast=False, **kwargs
    )
    self.topology = topology
    self.candidates = candidates
    self.sources = []
    self.mixed_edges = []
    for source in range(topology.nodes.stop):
      outgoing = topology.outgoing(source)
      if not outgoing:
        continue
      self.sources.append(source)
      self.mixed_edges.append(
        MixedEdges(
          tuple(candidates[i] for i in outgoing),
          plan.channels,
          plan.stride if source < topology.num_inputs else 1,
          style,
          dtype=self.dtype_policy,
          name=f'from_{source}',
        )
      )
    self.drop_path = None
    if drop_path:
      self.drop_path = DropPath(len(topology.edges), dtype=self.dtype_policy)

  def build_edges(self, shape) -> None:
    """Builds the edges on the shape of an adapted input."""
    for source, layer in zip(self.sources, self.mixed_edges):
      layer.build(self.state_shape(shape, source))

  def call(self, inputs, weights, drop_path_rate=None, training=None):
    """Computes the cell.

    Args:
      inputs: outputs of earlier cells, a list.
      weights: mixing weights of all edges, `(edges, candidates)`.
      drop_path_rate: probability with which an edge, the sum over its
        candidates, is left out for an image in training; `None` for never.
      training: see `BatchNorm`.

    Returns:
      `(batch, height', width', output nodes * channels)`.
    """
    states = self.prepare(inputs, training)
    kept = self.draw_paths(states[0], drop_path_rate, training)
    incoming = {node: [] for node in self.topology.nodes}
    layers = dict(zip(self.sources, self.mixed_edges))
    rows = tf.unstack(weights)  # tf.gather has a sparse gradient.
    for source in range(self.topology.nodes.stop):
      if source in incoming:
        states.append(tf.add_n(incoming[source]))
      if source in layers:
        outgoing = self.topology.outgoing(source)
        outputs = layers[source](
          states[source],
          tf.stack([rows[i] for i in outgoing]),
          training=training,
        )
        for edge, output in zip(outgoing, outputs):
          if kept is not None:
            output = output * kept[edge]
          incoming[self.topology.edges[edge][1]].append(output)
    return self.join(states)

  def weight_views(self, edge: int, operation: str) -> dict[str, WeightView]:
    """The weights of one candidate of one edge of the cell."""
    source = self.topology.edges[edge][0]
    layer = self.mixed_edges[self.sources.index(source)]
    return layer.weight_views(
      self.topology.outgoing(source).index(edge), operation
    )
