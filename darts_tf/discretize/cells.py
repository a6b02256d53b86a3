"""Mixing weights as rules read them: checked, and edge by edge."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from darts_tf.config.errors import InputError, unknown_name
from darts_tf.search_space import SearchSpace

_MOST_CELLS = 100


def candidate_rows(
  space: SearchSpace, kind: str, weights: np.ndarray
) -> Iterator[tuple[tuple[int, int], tuple[str, ...], np.ndarray]]:
  """Yields each edge, its candidates and their weights, without padding."""
  for pair, names, row in zip(
    space.topology.edges, space.candidates[kind], weights, strict=True
  ):
    yield pair, names, row[: len(names)]


def best_operation(names: Sequence[str], row: np.ndarray) -> int | None:
  """Returns the position of the heaviest candidate but `none`, if any.

  Ties go to the lower index.
  """
  real = [i for i, name in enumerate(names) if name != 'none']
  return max(real, key=row.__getitem__) if real else None


def check_groups(
  space: SearchSpace,
  weights: Mapping[str, np.ndarray],
  kinds: Mapping[str, str],
) -> None:
  """Raises `InputError` if groups are missing or unknown.

  Args:
    space: the search space.
    weights: group to mixing weights.
    kinds: group to cell kind.
  """
  for group, kind in kinds.items():
    if kind not in space.candidates:
      raise unknown_name('cell kind', kind, space.candidates)
    if group not in weights:
      raise InputError(
        f'No mixing weights for cell group {group!r}; expected'
        f' {", ".join(kinds)}. Received: groups={list(weights)}'
      )
  for group in weights:
    if group not in kinds:
      raise unknown_name('cell group', group, kinds)
  present = set(kinds.values())
  missing = [kind for kind in space.candidates if kind not in present]
  if space.shared_cells and missing:
    raise InputError(
      f'The supernet has no {missing[0]} cell: num_cells is too small for'
      f' search space {space.name!r}; expected'
      f' {_enough_cells(space)}.'
      f' Received: groups={list(weights)}'
    )


def _enough_cells(space: SearchSpace) -> str:
  """Says from which depth on a supernet has a cell of each kind."""
  for depth in range(1, _MOST_CELLS):
    if len(space.groups(depth)) == len(space.candidates):
      return f'num_cells >= {depth}'
  return 'a macro layout that has cells of each kind'


def checked_weights(
  space: SearchSpace, group: str, kind: str, weights: np.ndarray
) -> np.ndarray:
  """Returns the mixing weights of a group in float64.

  Args:
    space: the search space.
    group: name of the group.
    kind: of its cells.
    weights: `(edges, candidates)`.

  Raises:
    InputError: if they have another shape or are not finite.
  """
  weights = np.asarray(weights, np.float64)
  mask = space.candidate_mask(kind)
  if weights.shape != mask.shape:
    raise InputError(
      f'Mixing weights of cell group {group!r} have another shape;'
      f' expected (edges, candidates) = {mask.shape}.'
      f' Received: shape={weights.shape}'
    )
  bad = np.argwhere(mask & ~np.isfinite(weights))
  if len(bad):
    edge, candidate = (int(i) for i in bad[0])
    raise InputError(
      f'Mixing weights of cell group {group!r} are not finite at edge'
      f' {edge}, candidate {space.candidates[kind][edge][candidate]!r};'
      ' expected finite numbers.'
      f' Received: weight={weights[edge, candidate]}'
    )
  return weights
