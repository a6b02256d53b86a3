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

  Args:
    edges: in the order in which weights are created; a node is the sum of
      all edges that lead to it, and may have any number.
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
