"""Names of edges and candidates for plots of mixing weights."""

from collections.abc import Mapping, Sequence

import numpy as np

from darts_tf.config.errors import InputError
from darts_tf.search_space.space import SearchSpace

# More columns than this cannot be read; names then go into the cells.
MAX_COLUMNS = 14

CandidateNames = Sequence[str] | Sequence[Sequence[str]]


def edge_names(space: SearchSpace) -> tuple[str, ...]:
  """Names of a cell's edges, `source→target`, in the space's order."""
  return tuple(f'{s}→{t}' for s, t in space.topology.edges)


def group_kinds(
  space: SearchSpace, groups: Mapping[str, object]
) -> dict[str, str]:
  """Finds the cell kind of each group of mixing weights.

  Args:
    space: the search space.
    groups: a mapping whose keys are group names: cell kinds, or
      `cell_00`, `cell_01`, … when cells are not shared.

  Returns:
    Group name to cell kind, in the order of `groups`.

  Raises:
    InputError: if a name is not that of a group of the space.
  """
  known = {kind: kind for kind in space.candidates}
  if not space.shared_cells:
    known = space.groups(len(groups))
  for group in groups:
    if group not in known:
      raise InputError(
        f'No such group of cells in search space {space.name}; expected'
        f' {", ".join(known)}. Received: group={group!r}'
      )
  return {group: known[group] for group in groups}


def names_by_edge(
  candidate_names: CandidateNames, num_edges: int, num_candidates: int
) -> tuple[tuple[str, ...], ...]:
  """Gives each edge its own list of candidates, and checks the shape.

  Args:
    candidate_names: names for all edges, or one list for each edge.
    num_edges: rows of the mixing weights.
    num_candidates: columns of the mixing weights.

  Returns:
    For each edge, the names of its candidates.

  Raises:
    InputError: if there are not as many names as weights.
  """
  if candidate_names and not isinstance(candidate_names[0], str):
    names = tuple(tuple(row) for row in candidate_names)
  else:
    names = (tuple(candidate_names),) * num_edges
  longest = max((len(row) for row in names), default=0)
  if len(names) != num_edges or longest != num_candidates:
    raise InputError(
      'Mixing weights and names differ in number; expected one row for'
      ' each edge and one column for each candidate.'
      f' Received: shape=({num_edges}, {num_candidates}),'
      f' edges={len(names)}, candidates={longest}'
    )
  return names


def distinct(names: Sequence[Sequence[str]]) -> list[str]:
  """All names, each once, in the order in which they first appear."""
  return list(dict.fromkeys(name for row in names for name in row))


def check_edges(
  weights: np.ndarray, names: Sequence[str], dimensions: int
) -> None:
  """Checks the rank of an array of mixing weights and its edge names.

  Args:
    weights: array whose last two axes are edges and candidates.
    names: names of the edges.
    dimensions: number of axes expected.

  Raises:
    InputError: if the array has another rank or no entries, or if there
      is not one name for each edge.
  """
  if weights.ndim != dimensions or not weights.size:
    axes = (
      '(epochs, edges, candidates)'
      if dimensions == 3
      else ('(edges, candidates)')
    )
    raise InputError(
      f'Mixing weights have the wrong shape; expected {axes}, none of them'
      f' zero. Received: shape={weights.shape}'
    )
  if len(names) != weights.shape[-2]:
    raise InputError(
      f'Each edge has a name; expected {weights.shape[-2]} names.'
      f' Received: edge_names={tuple(names)}'
    )
