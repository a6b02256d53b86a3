"""What discretization rules share: checked weights, one cell at a time."""

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

from darts_tf.config.errors import InputError, unknown_name
from darts_tf.discretize.registry import Rule
from darts_tf.genotype import CellGenotype, Edge, Genotype
from darts_tf.search_space import SearchSpace

_MOST_CELLS = 100

# derive(space, kind, weights of the cell) -> edges.
Derive = Callable[[SearchSpace, str, np.ndarray], tuple[Edge, ...]]


def cell_rule(derive: Derive) -> Rule:
  """Makes a rule for all groups of cells from one for a single cell.

  Args:
    derive: chooses the edges of a cell from its checked weights
      `(edges, candidates)`; candidates may differ from edge to edge.

  Returns:
    A function of the search space, group to mixing weights, and group to
    cell kind, which returns the genotype: all `output` nodes of the
    topology are concatenated. It raises `InputError` if groups are missing
    or unknown, weights have another shape or are not finite, or the result
    is not a valid genotype.
  """

  @functools.wraps(derive)
  def rule(
    space: SearchSpace,
    weights: Mapping[str, np.ndarray],
    kinds: Mapping[str, str],
  ) -> Genotype:
    _check_groups(space, weights, kinds)
    cells = {}
    for group, kind in kinds.items():
      matrix = _checked(space, group, kind, weights[group])
      cells[group] = CellGenotype(
        derive(space, kind, matrix), space.topology.output
      )
    genotype = Genotype(space.name, cells)
    space.check(genotype)
    return genotype

  return rule


def candidate_rows(
  space: SearchSpace, kind: str, weights: np.ndarray
) -> Iterator[tuple[tuple[int, int], tuple[str, ...], np.ndarray]]:
  """Yields each edge, its candidates and their weights, without padding."""
  for pair, names, row in zip(
    space.topology.edges, space.candidates[kind], weights, strict=True
  ):
    yield pair, names, row[: len(names)]


def best_operation(names: Sequence[str], row: np.ndarray) -> int | None:
  """Position of the heaviest candidate other than `none`, if there is one.

  Ties go to the lower index.
  """
  real = [i for i, name in enumerate(names) if name != 'none']
  return max(real, key=row.__getitem__) if real else None


def _check_groups(
  space: SearchSpace,
  weights: Mapping[str, np.ndarray],
  kinds: Mapping[str, str],
) -> None:
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


def _checked(
  space: SearchSpace, group: str, kind: str, weights: np.ndarray
) -> np.ndarray:
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
