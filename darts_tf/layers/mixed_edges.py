"""All edges that leave one node, computed together."""

import dataclasses
import functools
from typing import NamedTuple

import tensorflow as tf

from darts_tf.distribution.replicas import several_replicas
from darts_tf.graph.shared_functions import SharedFunctions
from darts_tf.layers.batch_norm import averages_are_frozen
from darts_tf.layers.edge_body import (
  EdgeBody,
  EdgeInputs,
  StateBody,
  build_candidate,
)
from darts_tf.layers.edge_order import EdgeOrder
from darts_tf.layers.node_edges import NodeEdges
from darts_tf.layers.operation import Operation, WeightView
from darts_tf.layers.slots import (
  Slot,
  SlotArrays,
  given_values,
  join_values,
  slots_for_weights,
)
from darts_tf.layers.weighted_sum import add, factors, mix


@dataclasses.dataclass(frozen=True, eq=False)
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


class _Plan(NamedTuple):
  """The computation of an edge apart from the others.

  Args:
    key: equal for edges that compute the same.
    body: what they compute.
    pooled: operations that the edges of the node share.
  """

  key: tuple
  body: EdgeBody
  pooled: tuple[str, ...]


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

  def __init__(
    self,
    *args,
    apart: bool | None = None,
    functions: SharedFunctions | None = None,
    **kwargs,
  ):
    super().__init__(*args, **kwargs)
    self.apart = apart
    self._functions = functions or SharedFunctions()
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
      operation = build_candidate(
        name, self.channels, self.stride, self.style, len(edges)
      )
      operation.name = name
      self.operations.append(operation)
      self.bundles[name] = _Bundle(operation, edges, columns)

  def build(self, input_shape) -> None:
    """Builds the operations, and the arrays of their weights."""
    slots = {}
    for operation in self.operations:
      if operation.pure:
        with slots_for_weights() as slots[operation]:
          operation.build(input_shape)
      else:
        operation.build(input_shape)
    self._arrays = SlotArrays(
      self, [slot for of_operation in slots.values() for slot in of_operation]
    )
    self._order_by_edge(slots)

  def _order_by_edge(self, slots: dict[Operation, list[Slot]]) -> None:
    """Says which entries of the arrays belong to which edge."""
    axes = {}
    edges = [[] for _ in self.candidates]
    for bundle in self.bundles.values():
      operation = bundle.operation
      if operation not in slots:
        continue
      views = operation.weight_views()
      along = {view.variable: view.axis for view in views.values()}
      for slot in slots[operation]:
        axes[slot] = None
        if not operation.edge_independent:
          axes[slot] = along[slot], operation.copies
          for position, edge in enumerate(bundle.edges):
            edges[edge].append((slot, position))
    self._orders = [
      EdgeOrder(
        kept,
        axes,
        [[(s, p) for s, p in of_edge if s in set(kept)] for of_edge in edges],
      )
      for kept in (self._arrays.trained, self._arrays.moving)
    ]

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
    on_gpu = bool(tf.config.list_logical_devices('GPU'))
    apart = not on_gpu if self.apart is None else self.apart
    moves = bool(training) and not averages_are_frozen()
    compute = functools.partial(
      self._compute, apart=apart, training=training, moves=moves
    )
    arguments = x, weights, *self._arrays.read(moves or not training)
    if apart or on_gpu or several_replicas() or not self._is_pure:
      outputs, averages = compute(*arguments)
    else:
      key = MixedEdges, self.candidates, *self._kind, training, moves
      outputs, averages = self._functions.call(key, compute, *arguments)
    if moves:
      self._arrays.move(averages)
    return outputs

  @property
  def _is_pure(self) -> bool:
    return all(operation.pure for operation in self.operations)

  def _compute(self, x, weights, kernels, averages, apart, training, moves):
    """Computes the weighted sums with given weights.

    Args:
      x: see `call`.
      weights: see `call`.
      kernels: see `SlotArrays.read`.
      averages: see `SlotArrays.read`.
      apart: whether each edge has a tensor of its own.
      training: see `call`.
      moves: whether running statistics move.

    Returns:
      A tensor an edge, and the running statistics afterwards.
    """
    bundles = list(self.bundles.values())
    terms = [[] for _ in self.candidates]
    if apart and not several_replicas():
      bundles = [bundle for bundle in bundles if not bundle.operation.pure]
      averages = self._add_bodies(
        terms, x, weights, kernels, averages, training, moves
      )
      self._add_bundles(terms, x, weights, bundles, apart, training)
    else:
      values = self._arrays.values(kernels, averages)
      with given_values(values) as moved:
        self._add_bundles(terms, x, weights, bundles, apart, training)
      if moves:
        averages = join_values(self._arrays.moving, moved, averages)
    if not all(terms):
      zeros = tf.zeros_like(x[:, :: self.stride, :: self.stride])
      terms = [of_edge or [zeros] for of_edge in terms]
    return [add(of_edge) for of_edge in terms], averages

  def _add_bodies(self, terms, x, weights, kernels, averages, training, moves):
    """Adds operations to the terms of each edge, edge by edge.

    Edges that compute the same call one function, see `EdgeBody`.
    """
    of_trained, of_moving = self._orders
    kernels, _ = of_trained.split(kernels)
    averages, common = of_moving.split(averages)
    how = {'training': training, 'moves': moves}
    shape = tuple(x.shape)
    plans = self._plans(shape)
    bodies = [plan.body for plan in plans if plan]
    readings = tuple(dict.fromkeys(r for b in bodies for r in b.readings))
    groups = tuple(dict.fromkeys(p.pooled for p in plans if p and p.pooled))
    key = StateBody, readings, groups, *self._kind, shape
    body = self._functions.once(key, lambda: StateBody(*key[1:]))
    arranged, joined, common = self._functions.call(
      (key, training, moves), functools.partial(body, **how), x, common
    )
    arranged = dict(zip(readings, arranged, strict=True))
    joined = dict(zip(groups, joined, strict=True))
    for edge, (plan, row) in enumerate(zip(plans, tf.unstack(weights))):
      if plan is None:
        continue
      output, averages[edge] = self._functions.call(
        (plan.key, training, moves),
        functools.partial(plan.body, **how),
        EdgeInputs(
          [arranged[reading] for reading in plan.body.readings],
          [joined[plan.pooled]] if plan.pooled else [],
          row,
          kernels[edge],
          averages[edge],
        ),
      )
      terms[edge].append(output)
    return of_moving.join(averages, common) if moves else []

  @property
  def _kind(self) -> tuple:
    return self.channels, self.stride, self.style

  def _plans(self, shape: tuple) -> list['_Plan | None']:
    """Returns how each edge is computed; `None` if nothing is to be done."""
    plans = []
    bundles = [b for b in self.bundles.values() if b.operation.pure]
    for edge in range(len(self.candidates)):
      here = [b for b in bundles if edge in b.edges]
      if not here:
        plans.append(None)
        continue
      groups = [
        [b for b in here if b.operation.edge_independent == independent]
        for independent in (False, True)
      ]
      names, pooled = (tuple(b.operation.name for b in g) for g in groups)
      columns = (
        tuple(b.columns[b.edges.index(edge)] for b in g) for g in groups
      )
      key = EdgeBody, names, *columns, *self._kind, shape
      body = self._functions.once(key, lambda k=key: EdgeBody(*k[1:]))
      plans.append(_Plan(key, body, pooled))
    return plans

  def _add_bundles(self, terms, x, weights, bundles, apart, training):
    """Adds operations to the terms of each edge, operation by operation."""
    vectors = self._factors(weights, bundles, apart)
    inputs, pools, totals, lattices = {}, {}, {}, {}
    for bundle in bundles:
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
          vectors[operation.name],
          training,
        ),
        strict=True,
      ):
        if arrangement.lattices == 1:
          totals.setdefault(branch, []).append(y)
        else:
          lattices.setdefault((branch, arrangement), []).append(y)
    # Outputs on the same lattices are added before they are put back.
    for (branch, arrangement), ys in lattices.items():
      totals.setdefault(branch, []).append(arrangement.undo(add(ys)))
    for edges, of_edges in pools.items():
      branches = _branches(edges, apart)
      shared = tf.concat([y for y, _ in of_edges], -1)
      places = [bundle.places for _, bundle in of_edges]
      for branch, y in zip(
        branches, mix(shared, weights, places, len(branches)), strict=True
      ):
        totals.setdefault(branch, []).append(y)
    for branch, ys in totals.items():
      # Outputs of the same edges are added before they are separated.
      total = add(ys)
      parts = [total] if len(branch) == 1 else tf.split(total, len(branch), -1)
      for edge, part in zip(branch, parts, strict=True):
        terms[edge].append(part)

  def _factors(self, weights, bundles, apart):
    """Mixing weights, one a channel, by operation and branch."""
    bundles = [b for b in bundles if not b.operation.edge_independent]
    if not bundles:
      return {}
    places = [place for bundle in bundles for place in bundle.places]
    sizes = [
      len(branch) * self.channels
      for bundle in bundles
      for branch in _branches(bundle.edges, apart)
    ]
    vectors = iter(
      tf.split(tf.reshape(factors(weights, places, self.channels), [-1]), sizes)
    )
    return {
      bundle.operation.name: [
        next(vectors) for _ in _branches(bundle.edges, apart)
      ]
      for bundle in bundles
    }

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


def _branches(edges: tuple[int, ...], apart: bool) -> list[tuple[int, ...]]:
  """Returns the edges of each tensor."""
  return [(edge,) for edge in edges] if apart else [edges]
