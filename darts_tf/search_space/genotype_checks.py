"""Checks that a genotype is an architecture of a search space."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from darts_tf.config.errors import InputError, unknown_name
from darts_tf.genotype.cell import CellGenotype, Edge
from darts_tf.genotype.genotype import Genotype
from darts_tf.search_space.operations import operations

if TYPE_CHECKING:
  from darts_tf.search_space.space import SearchSpace

_CELL_NAME = re.compile(r'cell_\d{2,}')


def check_genotype(
  space: SearchSpace, genotype: Genotype, num_cells: int | None = None
) -> None:
  """Checks a genotype; see `SearchSpace.check`."""
  if genotype.search_space != space.name:
    raise InputError(
      'The genotype is of another search space; expected'
      f' {space.name!r}. Received: search_space={genotype.search_space!r}'
    )
  for name, kind in _kinds(space, genotype.cells).items():
    _check_nodes(space, name, genotype.cells[name])
    for edge in genotype.cells[name].edges:
      _check_edge(space, name, kind, edge)
  if num_cells is not None:
    _check_num_cells(space, genotype, num_cells)


def _check_num_cells(
  space: SearchSpace, genotype: Genotype, num_cells: int
) -> None:
  """Refuses a network of another depth where cells are not shared."""
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
  """Checks that the space has all nodes, and that the cell has an output."""
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
  try:
    cell.live(space.topology.num_inputs)
  except InputError as error:
    raise InputError(f'{error}, cell={name!r}') from error


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
