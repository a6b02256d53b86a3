"""A search space: topology, candidates, layout and conventions."""

import dataclasses
from collections.abc import Mapping

import numpy as np

from darts_tf.config.registry import Registry
from darts_tf.genotype.genotype import Genotype
from darts_tf.search_space.genotype_checks import check_genotype
from darts_tf.search_space.macro import MacroLayout
from darts_tf.search_space.style import OperationStyle
from darts_tf.search_space.topology import CellTopology


@dataclasses.dataclass(frozen=True)
class SearchSpace:
  """All architectures that a search can return.

  Args:
    name: name under which genotypes and flags refer to the space.
    topology: nodes and edges of a cell.
    candidates: cell kind (`normal`, `reduce`) to one tuple of operation
      names for each edge of the topology.
    macro: stacking of the cells.
    discretization: name of the rule that turns mixing weights into a
      genotype, unless another is asked for.
    inputs_per_node: edges that discretization keeps for each node; `None`
      if it keeps all.
    search_style: conventions of the supernet's operations.
    network_style: conventions of the discrete network's operations.
    shared_cells: whether all cells of a kind share their architecture.
      If not, each cell has its own and is named `cell_00`, `cell_01`, ….
    default_cells: number of cells when none is asked for.
    default_channels: initial channels when none are asked for.
  """

  name: str
  topology: CellTopology
  candidates: Mapping[str, tuple[tuple[str, ...], ...]]
  macro: MacroLayout = MacroLayout()
  discretization: str = 'darts'
  inputs_per_node: int | None = 2
  search_style: OperationStyle = OperationStyle(pool_norm=True)
  network_style: OperationStyle = OperationStyle(affine=True)
  shared_cells: bool = True
  default_cells: int = 8
  default_channels: int = 16

  def check(self, genotype: Genotype, num_cells: int | None = None) -> None:
    """Checks that the space holds a genotype.

    Nodes may have any number of inputs, whatever the space's own
    discretization keeps. See `CellGenotype.live` for those with none.

    Args:
      genotype: an architecture.
      num_cells: cells of the network that is to have it; any by default.

    Raises:
      InputError: if the genotype is of another space, if a cell, a node, an
        edge or an operation is unknown to the space, if a cell is missing
        or has no output, or if cells have architectures of their own and
        are of another number.
    """
    check_genotype(self, genotype, num_cells)

  def offers(self, kind: str, edge: int, name: str) -> bool:
    """Returns whether an architecture may have an operation on an edge.

    Args:
      kind: `normal` or `reduce`.
      edge: position of the edge in the topology.
      name: of the operation.
    """
    return name in self.candidates[kind][edge]

  def whole(self) -> 'SearchSpace':
    """Returns the space with all candidates that a search may reach."""
    return self

  def is_within(self, other: 'SearchSpace') -> bool:
    """Returns whether another space has all candidates of this one.

    Args:
      other: a space with the same cells.
    """
    return all(
      set(names) <= set(others)
      for kind, edges in self.candidates.items()
      for names, others in zip(edges, other.candidates[kind], strict=True)
    )

  def with_candidates(
    self, candidates: Mapping[str, tuple[tuple[str, ...], ...]]
  ) -> 'SearchSpace':
    """Returns the space with other candidates, as later stages have them.

    Args:
      candidates: as in the constructor.
    """
    return dataclasses.replace(self, candidates=candidates)

  def groups(self, num_cells: int) -> dict[str, str]:
    """Maps each group of cells that share an architecture to its kind.

    Args:
      num_cells: number of cells of the supernet.

    Returns:
      Group name to cell kind, in the order of the kinds in `candidates`
      or of the cells.
    """
    kinds = [plan.kind for plan in self.macro.plan(1, num_cells)]
    if self.shared_cells:
      return {kind: kind for kind in self.candidates if kind in kinds}
    return {f'cell_{i:02d}': kind for i, kind in enumerate(kinds)}

  def group_of(self, index: int, kind: str) -> str:
    """Returns the name of the group to which a cell belongs."""
    return kind if self.shared_cells else f'cell_{index:02d}'

  def num_candidates(self, kind: str) -> int:
    """Returns the largest number of candidates of an edge of a cell kind."""
    return max(len(names) for names in self.candidates[kind])

  def candidate_mask(self, kind: str) -> np.ndarray:
    """Marks the entries of the `(edges, candidates)` matrix that exist.

    Args:
      kind: `normal` or `reduce`.

    Returns:
      A boolean array `(edges, num_candidates(kind))`; rows of edges with
      fewer candidates than the longest end with `False`.
    """
    lengths = [len(names) for names in self.candidates[kind]]
    return np.arange(self.num_candidates(kind)) < np.array(lengths)[:, None]

  def operations(self) -> frozenset[str]:
    """Returns the names of all candidate operations of the space."""
    return frozenset(
      name
      for edges in self.candidates.values()
      for names in edges
      for name in names
    )


search_spaces: Registry[SearchSpace] = Registry('search_space')


def register_search_space(space: SearchSpace) -> SearchSpace:
  """Makes a search space known by its name to flags and genotypes."""
  return search_spaces.register(space.name, space)


def space_of(genotype: Genotype, num_cells: int | None = None) -> SearchSpace:
  """Returns the space of a genotype, after a check.

  Args:
    genotype: an architecture.
    num_cells: see `SearchSpace.check`.

  Raises:
    InputError: if the space is unknown, or does not hold the genotype.
  """
  space = search_spaces[genotype.search_space]
  space.check(genotype, num_cells)
  return space


def same_candidates(
  names: tuple[str, ...],
  topology: CellTopology,
  kinds: tuple[str, ...] = ('normal', 'reduce'),
) -> dict[str, tuple[tuple[str, ...], ...]]:
  """Gives every edge of every cell kind the same candidates."""
  return {kind: (tuple(names),) * len(topology.edges) for kind in kinds}
