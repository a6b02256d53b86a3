"""What makes a genotype valid, alone and in its search space."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from darts_tf.config.errors import InputError, unknown_name
from darts_tf.search_space import SearchSpace, operations, search_spaces

if TYPE_CHECKING:
  from darts_tf.genotype import Genotype
  from darts_tf.genotype.cell import CellGenotype, Edge

_CELL_NAME = re.compile(r'cell_\d{2,}')


def check_cell(cell: CellGenotype) -> None:
  """Checks what holds for a cell in any search space.

  Raises:
    InputError: if there are no edges or no output nodes, a number is
      negative, an edge does not lead forwards, or an output is repeated.
  """
  for name, values in (('edges', cell.edges), ('output', cell.output)):
    if not values:
      raise InputError(
        f'A cell needs {name}; expected at least one. Received: {name}=[]'
      )
  for edge in cell.edges:
    if edge.source < 0 or edge.target < 0:
      raise InputError(
        'Negative node number; expected nodes numbered from 0.'
        f' Received: edge={list(edge)}'
      )
    if edge.source >= edge.target:
      raise InputError(
        'The edge makes a cycle: its source does not come before its'
        f' target; expected {edge.source} < target.'
        f' Received: edge={list(edge)}'
      )
  if min(cell.output) < 0:
    raise InputError(
      'Negative node number; expected nodes numbered from 0.'
      f' Received: output={list(cell.output)}'
    )
  if len(set(cell.output)) < len(cell.output):
    raise InputError(
      'A node is repeated in the output; expected each node once.'
      f' Received: output={list(cell.output)}'
    )


def check_cells(search_space: str, cells: Mapping[str, CellGenotype]) -> None:
  """Checks that cells belong to a search space.

  Args:
    search_space: name of the space.
    cells: cell name to cell: one a kind if the space shares cells, else
      `cell_00`, `cell_01`, … without a gap.

  Raises:
    InputError: if the space, a cell, a node, an edge or an operation is
      unknown to the space, or if a cell or a node is missing.
  """
  space = search_spaces[search_space]
  for name, kind in _kinds(space, cells).items():
    _check_nodes(space, name, cells[name])
    for edge in cells[name].edges:
      _check_edge(space, name, kind, edge)


def check_num_cells(genotype: Genotype, num_cells: int) -> None:
  """Checks that a network of this depth can have a genotype.

  Args:
    genotype: a genotype.
    num_cells: number of cells of the network.

  Raises:
    InputError: if the genotype has an architecture for each cell, and the
      network has another number of cells.
  """
  space = search_spaces[genotype.search_space]
  if not space.shared_cells and num_cells != len(genotype.cells):
    raise InputError(
      'The genotype has an architecture for each of its'
      f' {len(genotype.cells)} cells; expected a network of as many.'
      f' Received: cells={num_cells}'
    )


def _kinds(
  space: SearchSpace, cells: Mapping[str, CellGenotype]
) -> dict[str, str]:
  """Returns the kind of each cell, after a check of the cells' names."""
  _check_sharing(space, cells)
  if space.shared_cells:
    expected = {kind: kind for kind in space.candidates}
  else:
    expected = space.groups(max(1, len(cells)))
  for name in cells:
    if name in expected:
      continue
    if not space.shared_cells and _CELL_NAME.fullmatch(str(name)):
      continue  # a gap in the numbers: a cell is missing
    raise unknown_name('cell', name, expected)
  missing = [name for name in expected if name not in cells]
  if missing:
    raise InputError(
      f'Missing cell {missing[0]!r} of search space {space.name!r};'
      f' expected the cells {_listed(expected)}.'
      f' Received: cells=[{_listed(map(repr, cells))}]'
    )
  return expected


def _check_sharing(
  space: SearchSpace, cells: Mapping[str, CellGenotype]
) -> None:
  """Refuses one cell a position where kinds are shared, and the reverse."""
  if not cells:
    return
  if space.shared_cells:
    if all(_CELL_NAME.fullmatch(str(name)) for name in cells):
      raise InputError(
        'The genotype has a cell for each position, but search space'
        f' {space.name!r} has one for each kind, shared by all positions;'
        f' expected the cells {", ".join(space.candidates)}.'
        f' Received: cells=[{_listed(map(repr, cells))}]'
      )
  elif set(cells) <= set(space.candidates):
    raise InputError(
      'The genotype has a cell for each kind, but search space'
      f' {space.name!r} has one for each position; expected the cells'
      f' cell_00, cell_01, …. Received: cells=[{_listed(map(repr, cells))}]'
    )


def _listed(names: Iterable[str]) -> str:
  """Names in one line, the middle left out if there are many."""
  names = list(names)
  if len(names) > 6:
    names[2:-1] = ['…']
  return ', '.join(names)


def _check_nodes(space: SearchSpace, name: str, cell: CellGenotype) -> None:
  """Checks that all nodes that are used exist and have inputs."""
  first, last = space.topology.nodes[0], space.topology.nodes[-1]
  for edge in cell.edges:
    if edge.target > last:
      raise _no_such_node(space, name, edge.target)
    if edge.target < first:
      raise InputError(
        f'An edge of cell {name!r} leads into input node {edge.target};'
        f' expected a target from {first} to {last}.'
        f' Received: edge={list(edge)}'
      )
  for node in cell.output:
    if node > last:
      raise _no_such_node(space, name, node)
    if node < first:
      raise InputError(
        f'The output of cell {name!r} holds input node {node}; expected'
        f' nodes from {first} to {last}.'
        f' Received: output={list(cell.output)}'
      )
  fed = {edge.target for edge in cell.edges}
  used = {edge.source for edge in cell.edges} | set(cell.output)
  missing = sorted(node for node in used - fed if node >= first)
  if missing:
    raise InputError(
      f'Missing node in cell {name!r}: node {missing[0]} is used but no'
      ' edge leads into it; expected at least one edge.'
      f' Received: edges={[list(e) for e in cell.edges]},'
      f' output={list(cell.output)}'
    )


def _no_such_node(space: SearchSpace, name: str, node: int) -> InputError:
  return InputError(
    f'Missing node in cell {name!r}: search space {space.name!r} has no'
    f' node {node}; expected nodes from 0 to {space.topology.nodes[-1]}.'
    f' Received: node={node}'
  )


def _check_edge(space: SearchSpace, name: str, kind: str, edge: Edge) -> None:
  """Checks that the space has the edge and offers its operation there."""
  pairs = space.topology.edges
  if (edge.source, edge.target) not in pairs:
    raise InputError(
      f'Search space {space.name!r} has no edge from node {edge.source} to'
      f' node {edge.target}; expected one of'
      f' {", ".join(f"{s}-{t}" for s, t in pairs)}.'
      f' Received: cell={name!r}, edge={list(edge)}'
    )
  row = pairs.index((edge.source, edge.target))
  if not space.offers(kind, row, edge.operation):
    raise unknown_name('operation', edge.operation, space.candidates[kind][row])
  if edge.operation not in operations:
    raise unknown_name('operation', edge.operation, operations)
