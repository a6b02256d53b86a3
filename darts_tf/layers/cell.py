"""Cells: the graph of a search space, mixed or discrete."""

import keras
import tensorflow as tf

from darts_tf.genotype import CellGenotype
from darts_tf.layers.convolution import strided_shape
from darts_tf.layers.copies import build_operation
from darts_tf.layers.drop_path import DropPath
from darts_tf.layers.mixed_edges import MixedEdges
from darts_tf.layers.operation import Operation, WeightView
from darts_tf.layers.skip import Identity, Zero
from darts_tf.search_space.macro import CellPlan
from darts_tf.search_space.style import OperationStyle
from darts_tf.search_space.topology import CellTopology


def _build_all(layers, input_shapes) -> list[tuple]:
  """Builds each layer on its input; returns their output shapes."""
  shapes = []
  for layer, shape in zip(layers, input_shapes):
    layer.build(shape)
    shapes.append(tuple(layer.compute_output_shape(shape)))
  return shapes


class _Cell(keras.layers.Layer):
  """What both kinds of cells share: adapted inputs and joined outputs."""

  def __init__(self, plan: CellPlan, preprocess: list[Operation], output,
               **kwargs):
    super().__init__(**kwargs)
    self.plan = plan
    self.preprocess = list(preprocess)
    self.output_nodes = tuple(output)

  def build(self, input_shape) -> None:
    """Builds the cell on the shapes of its inputs, a list."""
    shapes = _build_all(self.preprocess, input_shape)
    # Inputs agree after adaptation; nodes have the cell's own size.
    self.build_edges(shapes[0])

  def node_shape(self, input_shape) -> tuple:
    """Shape of an intermediate node."""
    adapted = self.preprocess[0].compute_output_shape(input_shape[0])
    return strided_shape(adapted, self.plan.stride, self.plan.channels)

  def compute_output_shape(self, input_shape):
    """Shape of the concatenated output nodes."""
    *rest, channels = self.node_shape(input_shape)
    return (*rest, channels * len(self.output_nodes))

  def prepare(self, inputs, training):
    """Adapts the inputs."""
    return [layer(x, training=training)
            for layer, x in zip(self.preprocess, inputs)]

  def join(self, states):
    """Concatenates the output nodes."""
    outputs = [states[node] for node in self.output_nodes]
    return outputs[0] if len(outputs) == 1 else tf.concat(outputs, -1)


class MixedCell(_Cell):
  """A cell of the supernet: every edge mixes its candidates.

  Args:
    plan: position, kind, channels and stride.
    topology: nodes and edges.
    candidates: operation names of each edge.
    preprocess: one layer an input, which adapts it to `plan.channels`.
    style: conventions of the search space.
    **kwargs: arguments of `keras.layers.Layer`.
  """

  def __init__(
      self, plan: CellPlan, topology: CellTopology,
      candidates: tuple[tuple[str, ...], ...], preprocess: list[Operation],
      style: OperationStyle, **kwargs,
  ):
    kwargs.setdefault('dtype', style.dtype)
    super().__init__(plan, preprocess, topology.output, **kwargs)
    self.topology = topology
    self.candidates = candidates
    self.sources = []
    self.mixed_edges = []
    for source in range(topology.nodes.stop):
      outgoing = topology.outgoing(source)
      if not outgoing:
        continue
      self.sources.append(source)
      self.mixed_edges.append(MixedEdges(
          tuple(candidates[i] for i in outgoing), plan.channels,
          plan.stride if source < topology.num_inputs else 1, style,
          dtype=self.dtype_policy, name=f'from_{source}'))

  def build_edges(self, shape) -> None:
    """Builds the edges on the shape of an adapted input."""
    for source, layer in zip(self.sources, self.mixed_edges):
      s = self.plan.stride if source >= self.topology.num_inputs else 1
      layer.build(strided_shape(shape, s, self.plan.channels))

  def call(self, inputs, weights, training=None):
    """Computes the cell.

    Args:
      inputs: outputs of earlier cells, a list.
      weights: mixing weights of all edges, `(edges, candidates)`.
      training: see `BatchNorm`.

    Returns:
      `(batch, height', width', output nodes * channels)`.
    """
    states = self.prepare(inputs, training)
    incoming = {node: [] for node in self.topology.nodes}
    layers = dict(zip(self.sources, self.mixed_edges))
    for source in range(self.topology.nodes.stop):
      if source in incoming:
        states.append(tf.add_n(incoming[source]))
      if source in layers:
        outgoing = self.topology.outgoing(source)
        outputs = layers[source](
            states[source], tf.gather(weights, outgoing), training=training)
        for edge, output in zip(outgoing, outputs):
          incoming[self.topology.edges[edge][1]].append(output)
    return self.join(states)

  def weight_views(self, edge: int, operation: str) -> dict[str, WeightView]:
    """The weights of one candidate of one edge of the cell."""
    source = self.topology.edges[edge][0]
    layer = self.mixed_edges[self.sources.index(source)]
    return layer.weight_views(
        self.topology.outgoing(source).index(edge), operation)


class DiscreteCell(_Cell):
  """A cell of the final network: the edges of a genotype.

  Args:
    plan: position, kind, channels and stride.
    genotype: edges and output nodes.
    topology: nodes of the search space.
    preprocess: one layer an input, which adapts it to `plan.channels`.
    style: conventions of the search space.
    **kwargs: arguments of `keras.layers.Layer`.
  """

  def __init__(
      self, plan: CellPlan, genotype: CellGenotype, topology: CellTopology,
      preprocess: list[Operation], style: OperationStyle, **kwargs,
  ):
    kwargs.setdefault('dtype', style.dtype)
    super().__init__(plan, preprocess, genotype.output, **kwargs)
    self.topology = topology
    self.genotype = genotype
    self.operations = [
        build_operation(
            edge.operation, plan.channels,
            plan.stride if edge.source < topology.num_inputs else 1, style)
        for edge in genotype.edges]
    self.drop_path = DropPath(dtype=self.dtype_policy)

  def build_edges(self, shape) -> None:
    """Builds the operations on the shape of an adapted input."""
    for edge, layer in zip(self.genotype.edges, self.operations):
      s = self.plan.stride if edge.source >= self.topology.num_inputs else 1
      layer.build(strided_shape(shape, s, self.plan.channels))

  def call(self, inputs, drop_path_rate=None, training=None):
    """Computes the cell.

    Args:
      inputs: outputs of earlier cells, a list.
      drop_path_rate: probability with which an operation is left out for
        an image in training; `None` for never.
      training: see `BatchNorm`.

    Returns:
      `(batch, height', width', output nodes * channels)`.
    """
    states = self.prepare(inputs, training)
    for node in self.topology.nodes:
      terms = [
          self._edge(layer, states[edge.source], drop_path_rate, training)
          for edge, layer in zip(self.genotype.edges, self.operations)
          if edge.target == node]
      if not terms:
        x, s = states[0], self.plan.stride
        terms = [tf.zeros_like(x[:, ::s, ::s])]
      states.append(terms[0] if len(terms) == 1 else tf.add_n(terms))
    return self.join(states)

  def _edge(self, layer, x, drop_path_rate, training):
    y = layer(x, training=training)
    # The identity is never dropped (quark0/darts, model).
    if (training and drop_path_rate is not None
        and not isinstance(layer, Identity | Zero)):
      y = self.drop_path(y, drop_path_rate)
    return y

  def weight_views(self, edge: int) -> dict[str, WeightView]:
    """The weights of one edge, by its position in the genotype."""
    return self.operations[edge].weight_views()
