"""A cell of the supernet: the graph of a search space, edges mixed."""

import functools

import tensorflow as tf

from darts_tf.graph.shared_functions import SharedFunctions
from darts_tf.layers.cell import Cell
from darts_tf.layers.drop_path import DropPath
from darts_tf.layers.edge_body import AUXILIARY_SKIP
from darts_tf.layers.form import SupernetForm
from darts_tf.layers.mixed_edges import MixedEdges
from darts_tf.layers.operation import Operation, WeightView
from darts_tf.layers.partial_channels import shuffle_channels, split_channels
from darts_tf.layers.selected_edges import SelectedEdges
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
    form: how edges mix their candidates.
    drop_path: whether `call` may be given a `drop_path_rate`.
    functions: those that edges of all cells share.
    **kwargs: arguments of `keras.layers.Layer`.
  """

  def __init__(
    self,
    plan: CellPlan,
    topology: CellTopology,
    candidates: tuple[tuple[str, ...], ...],
    preprocess: list[Operation],
    style: OperationStyle,
    form: SupernetForm = SupernetForm(),
    drop_path: bool = False,
    functions: SharedFunctions | None = None,
    **kwargs,
  ):
    kwargs.setdefault('dtype', style.dtype)
    # Mixing weights keep their precision; layers cast what they read.
    super().__init__(
      plan, preprocess, topology.output, autocast=False, **kwargs
    )
    form.check_channels(plan.channels)
    self.topology = topology
    self.candidates = candidates
    self.form = form
    auxiliary = (AUXILIARY_SKIP,) if form.auxiliary_skip else ()
    if form.selects:
      make_edges = functools.partial(SelectedEdges, functions=functions)
    elif form.partial_channels > 1:
      # Few channels an edge: here to join them costs less, on CPUs, too.
      make_edges = functools.partial(
        MixedEdges, apart=False, functions=functions
      )
    else:
      make_edges = functools.partial(MixedEdges, functions=functions)
    self.sources = []
    self.mixed_edges = []
    for source in range(topology.nodes.stop):
      outgoing = topology.outgoing(source)
      if not outgoing:
        continue
      self.sources.append(source)
      self.mixed_edges.append(
        make_edges(
          tuple((*candidates[i], *auxiliary) for i in outgoing),
          plan.channels // form.partial_channels,
          self._stride(source),
          style,
          dtype=self.dtype_policy,
          name=f'from_{source}',
        )
      )
    self.drop_path = None
    if drop_path:
      self.drop_path = DropPath(len(topology.edges), dtype=self.dtype_policy)

  def _stride(self, source: int) -> int:
    """Returns the stride of the edges that leave a node."""
    return self.plan.stride if source < self.topology.num_inputs else 1

  def build_edges(self, shape) -> None:
    """Builds the edges on the shape of an adapted input."""
    for source, layer in zip(self.sources, self.mixed_edges):
      *rest, channels = self.state_shape(shape, source)
      layer.build((*rest, channels // self.form.partial_channels))

  def call(
    self,
    inputs,
    weights,
    edge_scale=None,
    selected=None,
    auxiliary_rate=None,
    drop_path_rate=None,
    training=None,
  ):
    """Computes the cell.

    Args:
      inputs: outputs of earlier cells, a list.
      weights: mixing weights of all edges, `(edges, candidates)`.
      edge_scale: a factor of each whole edge, `(edges,)`; `None` for 1.
      selected: the candidate that runs on each edge, `(edges,)`, where the
        form selects.
      auxiliary_rate: factor of the auxiliary skip connections, where the
        form has them.
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
    # tf.gather has a sparse gradient.
    rows = tf.unstack(self._weights(weights, edge_scale, auxiliary_rate))
    scales = None if edge_scale is None else tf.unstack(edge_scale)
    chosen = None if selected is None else tf.unstack(selected)
    for source in range(self.topology.nodes.stop):
      if source in incoming:
        states.append(self._node(incoming[source]))
      if source not in layers:
        continue
      outgoing = self.topology.outgoing(source)
      mixed, bypass = split_channels(
        states[source], self.form.partial_channels, self._stride(source)
      )
      choice = (
        {} if chosen is None else {'selected': [chosen[i] for i in outgoing]}
      )
      outputs = layers[source](
        mixed,
        tf.stack([rows[i] for i in outgoing]),
        training=training,
        **choice,
      )
      for edge, output in zip(outgoing, outputs):
        parts = [output]
        if bypass is not None:
          scale = None if scales is None else scales[edge]
          parts.append(
            bypass if scale is None else bypass * tf.cast(scale, bypass.dtype)
          )
        if kept is not None:
          parts = [part * kept[edge] for part in parts]
        incoming[self.topology.edges[edge][1]].append(parts)
    return self.join(states)

  def _weights(self, weights, edge_scale, auxiliary_rate):
    """Returns the factors of all that an edge adds up, scaled."""
    if self.form.auxiliary_skip:
      column = tf.zeros_like(weights[:, :1]) + tf.cast(
        auxiliary_rate, weights.dtype
      )
      weights = self._with_column(weights, column)
    return weights if edge_scale is None else weights * edge_scale[:, None]

  def _with_column(self, weights, column):
    """Puts a column behind the last candidate of each edge."""
    lengths = [len(names) for names in self.candidates]
    if len(set(lengths)) == 1:
      return tf.concat([weights, column], -1)
    wide = tf.concat([weights, tf.zeros_like(column)], -1)
    behind = tf.one_hot(lengths, wide.shape[-1], dtype=wide.dtype)
    return wide + behind * column

  def _node(self, incoming) -> tf.Tensor:
    """Adds up the edges of a node.

    Joining and shuffling are linear, so the sums are joined and not the
    edges.
    """
    sums = [
      terms[0] if len(terms) == 1 else tf.add_n(terms)
      for terms in map(list, zip(*incoming, strict=True))
    ]
    if len(sums) == 1:
      return sums[0]
    return shuffle_channels(tf.concat(sums, -1), self.form.partial_channels)

  def weight_views(self, edge: int, operation: str) -> dict[str, WeightView]:
    """Returns the weights of one candidate of one edge of the cell."""
    layer, position = self._place(edge)
    return layer.weight_views(position, operation)

  def operation(self, edge: int, operation: str) -> Operation:
    """Returns the layer that computes a candidate of an edge."""
    layer, position = self._place(edge)
    return layer.operation(position, operation)

  def _place(self, edge: int):
    source = self.topology.edges[edge][0]
    layer = self.mixed_edges[self.sources.index(source)]
    return layer, self.topology.outgoing(source).index(edge)
