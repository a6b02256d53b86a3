"""A cell of the final network: the graph of a genotype."""

import tensorflow as tf

from darts_tf.genotype import CellGenotype
from darts_tf.layers.cell import Cell
from darts_tf.layers.copies import build_operation
from darts_tf.layers.drop_path import DropPath
from darts_tf.layers.image_draws import random_seed
from darts_tf.layers.operation import Operation, WeightView
from darts_tf.layers.skip import Identity, Zero
from darts_tf.search_space.macro import CellPlan
from darts_tf.search_space.style import OperationStyle
from darts_tf.search_space.topology import CellTopology


class DiscreteCell(Cell):
  """A cell of the final network: the edges of a genotype.

  Missing nodes and what leaves them are left out (`CellGenotype.live`): the
  output is as wide as the output nodes that exist.

  Args:
    plan: position, kind, channels and stride.
    genotype: edges and output nodes.
    topology: nodes of the search space.
    preprocess: one layer an input, which adapts it to `plan.channels`.
    style: conventions of the search space.
    drop_path: whether `call` may be given a `drop_path_rate`.
    **kwargs: arguments of `keras.layers.Layer`.
  """

  def __init__(
    self,
    plan: CellPlan,
    genotype: CellGenotype,
    topology: CellTopology,
    preprocess: list[Operation],
    style: OperationStyle,
    drop_path: bool = False,
    **kwargs,
  ):
    kwargs.setdefault('dtype', style.dtype)
    live = genotype.live(topology.num_inputs)
    super().__init__(plan, preprocess, live.output, **kwargs)
    self.topology = topology
    self.genotype = genotype
    self.edges = live.edges
    # Where in the genotype the edge of each operation is.
    self.positions = genotype.live_edges(topology.num_inputs)
    self.operations = [
      build_operation(
        edge.operation,
        plan.channels,
        plan.stride if edge.source < topology.num_inputs else 1,
        style,
      )
      for edge in self.edges
    ]
    # Drawn in any case: first weights do not depend on drop path.
    seed = random_seed()
    self.drop_path = None
    if drop_path:
      self.drop_path = DropPath(len(self.edges), seed, dtype=self.dtype_policy)

  def build_edges(self, shape) -> None:
    """Builds the operations on the shape of an adapted input."""
    for edge, layer in zip(self.edges, self.operations):
      layer.build(self.state_shape(shape, edge.source))

  def call(self, inputs, drop_path_rate=None, training=None):
    """Computes the cell.

    Args:
      inputs: outputs of earlier cells, a list.
      drop_path_rate: probability with which an operation is left out for
        an image in training; `None` for never.
      training: see `BatchNorm`.

    Returns:
      `(batch, height', width', existing output nodes * channels)`.
    """
    states = self.prepare(inputs, training)
    kept = self.draw_paths(states[0], drop_path_rate, training)
    incoming = {node: [] for node in self.topology.nodes}
    for edge, (_, source, target) in enumerate(self.edges):
      incoming[target].append((edge, source))
    for node in self.topology.nodes:
      terms = [
        self._edge(edge, states[source], kept, training)
        for edge, source in incoming[node]
      ]
      # Nothing reads a missing node.
      states.append(tf.add_n(terms) if len(terms) > 1 else (terms or [None])[0])
    return self.join(states)

  def _edge(self, edge, x, kept, training):
    layer = self.operations[edge]
    y = layer(x, training=training)
    # The identity is never dropped (quark0/darts, model).
    if kept is not None and not isinstance(layer, Identity | Zero):
      y = y * kept[edge]
    return y

  def weight_views(self, edge: int) -> dict[str, WeightView]:
    """The weights of one edge, by its position in the genotype.

    Those of an edge from a missing node are none.
    """
    if edge not in self.positions:
      return {}
    return self.operations[self.positions.index(edge)].weight_views()
