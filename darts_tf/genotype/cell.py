"""The cells that genotypes consist of."""

import dataclasses
import numbers
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from darts_tf.config.errors import InputError
from darts_tf.genotype.checks import check_cell


class Edge(NamedTuple):
  """An operation from one node of a cell to a later one.

  Args:
    operation: name of the operation, e.g. `sep_conv_3x3`.
    source: number of the node it reads.
    target: number of the node that it is added to.
  """

  operation: str
  source: int
  target: int


@dataclasses.dataclass(frozen=True)
class CellGenotype:
  """The architecture of a cell.

  A node is the sum of all edges that lead to it. It may have any number of
  them, also several with other operations from the same node. A node
  without any is missing; see `live`.

  Args:
    edges: in the order in which weights are created.
    output: nodes that are concatenated, in order.

  Raises:
    InputError: if an edge is malformed or does not lead forwards, or if
      there are no edges or no output nodes.
  """

  edges: tuple[Edge, ...]
  output: tuple[int, ...]

  def __post_init__(self):
    edges = tuple(_edge(edge) for edge in _items('edges', self.edges))
    output = tuple(
      _node(node, 'output', self.output)
      for node in _items('output', self.output)
    )
    object.__setattr__(self, 'edges', edges)
    object.__setattr__(self, 'output', output)
    check_cell(self)

  def incoming(self, node: int) -> tuple[Edge, ...]:
    """Returns the edges that lead to a node, in order."""
    return tuple(edge for edge in self.edges if edge.target == node)

  def live_edges(self, num_inputs: int) -> tuple[int, ...]:
    """Returns the positions of the edges that do not leave a missing node.

    A node is missing if no edge leads to it. An edge from a missing node is
    not there, so that a node whose sources are all missing is missing, too
    (the published code of arXiv:1911.12126).

    Args:
      num_inputs: number of input nodes, which always exist.
    """
    nodes = set(range(num_inputs))
    live = []
    # Edges lead forwards: by target, what a node reads is settled before.
    for position in sorted(
      range(len(self.edges)), key=lambda p: self.edges[p].target
    ):
      if self.edges[position].source in nodes:
        nodes.add(self.edges[position].target)
        live.append(position)
    return tuple(sorted(live))

  def live(self, num_inputs: int) -> 'CellGenotype':
    """Returns the cell without missing nodes and what leaves them.

    Args:
      num_inputs: number of input nodes.

    Raises:
      InputError: if no output node exists.
    """
    edges = tuple(self.edges[p] for p in self.live_edges(num_inputs))
    reached = {edge.target for edge in edges}
    output = tuple(node for node in self.output if node in reached)
    if not output:
      raise InputError(
        'The cell has no output: nothing leads from an input to a node of'
        ' the output; expected at least one such node. Received:'
        f' edges={[list(edge) for edge in self.edges]},'
        f' output={list(self.output)}'
      )
    return CellGenotype(edges, output)


def _items(name: str, value: object) -> list[Any]:
  if isinstance(value, (str, Mapping)) or not isinstance(value, Iterable):
    raise InputError(
      f'The {name} of a cell are not a list; expected a list.'
      f' Received: {name}={value!r}'
    )
  return list(value)


def _edge(value: object) -> Edge:
  if not isinstance(value, (list, tuple)) or len(value) != 3:
    raise InputError(
      'An edge has another form; expected [operation, source, target].'
      f' Received: edge={value!r}'
    )
  operation, source, target = value
  if not isinstance(operation, str):
    raise InputError(
      'The operation of an edge is not a name; expected text.'
      f' Received: edge={value!r}'
    )
  return Edge(
    operation, _node(source, 'edge', value), _node(target, 'edge', value)
  )


def _node(node: object, name: str, value: object) -> int:
  # True is an integer to Python, not to the writer of a genotype.
  if isinstance(node, bool) or not isinstance(node, numbers.Integral):
    raise InputError(
      f'A node is not a number; expected an integer. Received: {name}={value!r}'
    )
  return int(node)
