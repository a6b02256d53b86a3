"""A cell of the final network: the graph of a genotype."""

import functools
from collections.abc import Hashable
from typing import Any

import tensorflow as tf

from darts_tf.distribution.replicas import several_replicas
from darts_tf.genotype import CellGenotype
from darts_tf.graph.shared_functions import SharedFunctions
from darts_tf.layers.batch_norm import averages_are_frozen
from darts_tf.layers.cell import Cell
from darts_tf.layers.copies import build_operation
from darts_tf.layers.drop_path import DropPath
from darts_tf.layers.image_draws import random_seed
from darts_tf.layers.operation import Operation, WeightView
from darts_tf.layers.skip import Identity, Zero
from darts_tf.layers.slots import (
  HasSlots,
  SlotArrays,
  given_values,
  join_values,
  slots_for_weights,
)
from darts_tf.layers.state import State, states_of
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
    # Functions that equal cells have in common, if there are any.
    self.functions: SharedFunctions | None = None
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
        # The cell applies it, once for all that read a node.
        activate=False,
      )
      for edge in self.edges
    ]
    # Drawn in any case: first weights do not depend on drop path.
    seed = random_seed()
    self.drop_path = None
    if drop_path:
      self.drop_path = DropPath(len(self.edges), seed, dtype=self.dtype_policy)

  def build(self, input_shape) -> None:
    """Builds the cell; its weights lie in two arrays, see `SlotArrays`."""
    with slots_for_weights() as slots:
      super().build(input_shape)
    self._arrays = SlotArrays(self, slots)
    self._input_shapes = tuple(map(tuple, input_shape))

  def load_own_variables(self, store) -> None:
    """Loads the arrays; of version 0.1 the weights of each layer."""
    if store.keys():
      super().load_own_variables(store)
      return
    # Keras goes on with the layers.
    for layer in self._flatten_layers(include_self=False):
      if isinstance(layer, HasSlots):
        layer.await_values()

  def build_edges(self, shape) -> None:
    """Builds the operations on the shape of an adapted input."""
    for edge, layer in zip(self.edges, self.operations):
      layer.build(self.state_shape(shape, edge.source))

  @property
  def computation(self) -> Hashable | None:
    """Says what is computed from inputs and weights.

    It is equal for cells that compute the same, and `None` for a cell that may
    do anything besides.
    """
    layers = [*self.preprocess, *self.operations]
    if not all(isinstance(x, Operation) and x.pure for x in layers):
      return None
    return (
      self._input_shapes,
      self.edges,
      self.output_nodes,
      # A configuration may hold dictionaries, which have no hash.
      *((type(x), repr(_without_name(x.get_config()))) for x in layers),
    )

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
    moves = bool(training) and not averages_are_frozen()
    arguments = (
      list(inputs),
      self.draw_paths(inputs[0], drop_path_rate, training) or [],
      *self._arrays.read(moves or not training),
    )
    compute = functools.partial(self._compute, training=training, moves=moves)
    if self.functions is None or several_replicas():
      output, averages = compute(*arguments)
    else:
      key = DiscreteCell, self.computation, training, moves
      output, averages = self.functions.call(key, compute, *arguments)
    if moves:
      self._arrays.move(averages)
    return output

  def _compute(self, inputs, kept, kernels, averages, training, moves):
    """Computes the cell with given weights.

    Args:
      inputs: see `call`.
      kept: factors of the edges, see `DropPath`; empty for 1.
      kernels: see `SlotArrays.read`.
      averages: see `SlotArrays.read`.
      training: see `call`.
      moves: whether running statistics move.

    Returns:
      The output, and the running statistics afterwards.
    """
    with given_values(self._arrays.values(kernels, averages)) as moved:
      states = states_of(self.prepare(inputs, training))
      incoming = {node: [] for node in self.topology.nodes}
      for edge, (_, source, target) in enumerate(self.edges):
        incoming[target].append((edge, source))
      for node in self.topology.nodes:
        terms = [
          self._edge(edge, states[source], kept, training)
          for edge, source in incoming[node]
        ]
        # Nothing reads a missing node.
        total = tf.add_n(terms) if len(terms) > 1 else (terms or [None])[0]
        states.append(State(total))
      if moves:
        averages = join_values(self._arrays.moving, moved, averages)
    return self.join([state.plain for state in states]), averages

  def _edge(self, edge, state, kept, training):
    layer = self.operations[edge]
    y = layer(state.read(layer.rectifies), training=training)
    # The identity is never dropped (quark0/darts, model).
    if kept and not isinstance(layer, Identity | Zero):
      y = y * kept[edge]
    return y

  def weight_views(self, edge: int) -> dict[str, WeightView]:
    """The weights of one edge, by its position in the genotype.

    Those of an edge from a missing node are none.
    """
    if edge not in self.positions:
      return {}
    return self.operations[self.positions.index(edge)].weight_views()


def _without_name(config: dict[str, Any]) -> dict[str, Any]:
  return {key: value for key, value in config.items() if key != 'name'}
