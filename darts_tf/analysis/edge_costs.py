"""The cost that each edge of a genotype adds to its network."""

import functools
from collections.abc import Callable

from darts_tf.analysis.cost import describe_network, multiply_adds, parameters
from darts_tf.discretize.choices import assemble, node_choices
from darts_tf.discretize.most_likely import Limit
from darts_tf.genotype import Edge, Genotype
from darts_tf.layers.copies import build_operation
from darts_tf.models.network import Network
from darts_tf.search_space import SearchSpace


class EdgeCosts:
  """Parameters and multiply-additions, edge by edge.

  Cells join their nodes in the same way whatever the edges are. So the cost
  of a network is the cost of one without edges plus the costs of its edges.
  An edge of a group counts once for each of the group's cells.

  Args:
    space: a registered search space.
    build: builds the network of a genotype, of the size in question.
    num_cells: number of its cells.
  """

  def __init__(
    self,
    space: SearchSpace,
    build: Callable[[Genotype], Network],
    num_cells: int,
  ):
    choices = node_choices(space, num_cells)
    edges = {}
    for choice in choices:
      edges.setdefault(choice.group, []).extend(next(choice.options()))
    self._network = build(assemble(space, edges))
    self._space = space
    self._operation = functools.cache(self._measure)
    self.edges = {
      (choice.group, edge): self._edge(choice.group, edge)
      for choice in choices
      for source, names in zip(choice.sources, choice.operations)
      for edge in (Edge(name, source, choice.node) for name in names)
    }
    whole = describe_network(self._network)
    used = [
      self.edges[group, edge] for group, cell in edges.items() for edge in cell
    ]
    self.base = tuple(
      whole[name] - sum(cost[i] for cost in used)
      for i, name in enumerate(('parameters', 'multiply_adds'))
    )

  def limits(
    self,
    max_parameters: float | None = None,
    max_multiply_adds: float | None = None,
  ) -> list[Limit]:
    """Returns the limits that are not `None`.

    Args:
      max_parameters: most parameters, without an auxiliary head.
      max_multiply_adds: most multiply-additions of an image.
    """
    return [
      Limit(
        name,
        largest,
        self.base[i],
        {key: cost[i] for key, cost in self.edges.items()},
      )
      for i, (name, largest) in enumerate(
        (
          ('max_parameters', max_parameters),
          ('max_multiply_adds', max_multiply_adds),
        )
      )
      if largest is not None
    ]

  def _edge(self, group: str, edge: Edge) -> tuple[int, int]:
    """Parameters and multiply-additions of an edge in all its cells."""
    total = [0, 0]
    for cell in self._network.cells:
      plan = cell.plan
      if self._space.group_of(plan.index, plan.kind) != group:
        continue
      outer = edge.source < self._space.topology.num_inputs
      stride = plan.stride if outer else 1
      cost = self._operation(
        edge.operation,
        plan.channels,
        stride,
        cell.state_shape(cell.adapted_shape, edge.source),
      )
      total = [a + b for a, b in zip(total, cost)]
    return tuple(total)

  def _measure(self, name, channels, stride, shape) -> tuple[int, int]:
    layer = build_operation(name, channels, stride, self._network.style)
    layer.build(shape)
    return parameters(layer), multiply_adds(layer, shape[1:])
