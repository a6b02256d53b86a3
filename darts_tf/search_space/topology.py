"""The nodes of a cell and the edges that join them."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class CellTopology:
  """The directed acyclic graph of a cell.

  Nodes `0 … num_inputs - 1` are the outputs of earlier cells; the
  `num_nodes` intermediate nodes follow. A node is the sum of its edges;
  the cell's output is the concatenation of the `output` nodes.

  Args:
    num_inputs: number of input nodes.
    num_nodes: number of intermediate nodes.
    edges: `(source, target)` pairs, by target and then by source.
    output: nodes whose states are concatenated.
  """

  num_inputs: int
  num_nodes: int
  edges: tuple[tuple[int, int], ...]
  output: tuple[int, ...]

  @classmethod
  def dense(
    cls, num_inputs: int, num_nodes: int, output: tuple[int, ...] | None = None
  ) -> 'CellTopology':
    """Joins each intermediate node with all nodes before it."""
    total = num_inputs + num_nodes
    edges = tuple(
      (source, target)
      for target in range(num_inputs, total)
      for source in range(target)
    )
    return cls(
      num_inputs, num_nodes, edges, output or tuple(range(num_inputs, total))
    )

  @property
  def nodes(self) -> range:
    """The intermediate nodes."""
    return range(self.num_inputs, self.num_inputs + self.num_nodes)

  def incoming(self, target: int) -> tuple[int, ...]:
    """Returns the indices of the edges that enter a node, by source."""
    return tuple(i for i, (_, t) in enumerate(self.edges) if t == target)

  def outgoing(self, source: int) -> tuple[int, ...]:
    """Returns the indices of the edges that leave a node, by target."""
    return tuple(i for i, (s, _) in enumerate(self.edges) if s == source)
