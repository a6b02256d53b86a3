"""A search space as the choices that make up an architecture."""

import dataclasses
import itertools
import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from darts_tf.discretize.rule import RuleModel, rule_of
from darts_tf.genotype import CellGenotype, Edge, Genotype
from darts_tf.search_space import SearchSpace, search_spaces


@dataclasses.dataclass(frozen=True)
class NodeChoice:
  """The edges and operations that a node of a cell may have.

  Args:
    group: group of cells that share an architecture.
    kind: their kind.
    node: number of the node.
    rows: the edges that may lead to it, as rows of the mixing weights.
    sources: the nodes they come from, rising.
    operations: for each of them, the operations that its edge may have.
    kept: number of the edges that an architecture has.
  """

  group: str
  kind: str
  node: int
  rows: tuple[int, ...]
  sources: tuple[int, ...]
  operations: tuple[tuple[str, ...], ...]
  kept: int

  def subsets(self) -> list[tuple[int, ...]]:
    """Returns the sets of sources that the node may have, each rising."""
    return list(itertools.combinations(self.sources, self.kept))

  def operations_from(self, source: int) -> tuple[str, ...]:
    """Returns the operations that the edge from a node may have."""
    return self.operations[self.sources.index(source)]

  def options(self) -> Iterator[tuple[Edge, ...]]:
    """Yields each set of edges that an architecture may have here."""
    for sources in self.subsets():
      for names in itertools.product(*map(self.operations_from, sources)):
        yield tuple(
          Edge(name, source, self.node) for name, source in zip(names, sources)
        )

  def __len__(self) -> int:
    """The number of options."""
    return sum(
      math.prod(len(self.operations_from(s)) for s in sources)
      for sources in self.subsets()
    )


def genotype_groups(
  space: SearchSpace, num_cells: int | None = None
) -> dict[str, str]:
  """Returns the cells of a genotype: group to kind.

  Args:
    space: a search space.
    num_cells: number of cells of the network, where each has an
      architecture of its own; by default the space's.

  Returns:
    If cells are shared, all kinds, even those that a shallow network does
    not contain.
  """
  if space.shared_cells:
    return {kind: kind for kind in space.candidates}
  return space.groups(num_cells or space.default_cells)


def node_choices(
  space: SearchSpace,
  num_cells: int | None = None,
  model: RuleModel | None = None,
) -> list[NodeChoice]:
  """Returns the choices of a space; a combination is an architecture.

  Args:
    space: a registered search space.
    num_cells: see `genotype_groups`.
    model: model of the rule that derives architectures; by default that of
      the space's own rule.

  Returns:
    One choice a node of each group of cells.
  """
  groups = genotype_groups(space, num_cells)
  model = model or _own_model(space, groups)
  choices = []
  for group, kind in groups.items():
    for node in space.topology.nodes:
      rows, sources, operations = [], [], []
      for row in space.topology.incoming(node):
        names = tuple(
          name
          for name in space.candidates[kind][row]
          if model.keeps_none or name != 'none'
        )
        if names:
          rows.append(row)
          sources.append(space.topology.edges[row][0])
          operations.append(names)
      kept = len(rows)
      if not model.all_edges and space.inputs_per_node is not None:
        kept = min(kept, space.inputs_per_node)
      choices.append(
        NodeChoice(
          group,
          kind,
          node,
          tuple(rows),
          tuple(sources),
          tuple(operations),
          kept,
        )
      )
  return choices


def num_architectures(space: SearchSpace, num_cells: int | None = None) -> int:
  """Counts the architectures of a space, by its own discretization."""
  return math.prod(map(len, node_choices(space, num_cells)))


def assemble(
  space: SearchSpace, edges: Mapping[str, Sequence[Edge]]
) -> Genotype:
  """Makes a genotype whose edges are in the order of target and source.

  Args:
    space: a registered search space.
    edges: group to the edges of its cell, in any order.
  """
  return Genotype(
    space.name,
    {
      group: CellGenotype(sorted(cell, key=_place), space.topology.output)
      for group, cell in edges.items()
    },
  )


def canonical(genotype: Genotype) -> Genotype:
  """Returns the architecture with its edges in order of target and source.

  Rules list the edges of a node by falling strength, and may leave edges
  from missing nodes. Genotypes that differ only in this are one architecture.

  Args:
    genotype: of a registered search space.
  """
  num_inputs = search_spaces[genotype.search_space].topology.num_inputs
  cells = {}
  for name, cell in genotype.cells.items():
    live = cell.live(num_inputs)
    cells[name] = CellGenotype(sorted(live.edges, key=_place), live.output)
  return Genotype(genotype.search_space, cells)


def _place(edge: Edge) -> tuple[int, int, str]:
  """Returns the key by which edges are sorted, operations last."""
  return edge.target, edge.source, edge.operation


def _own_model(space: SearchSpace, groups: Mapping[str, str]) -> RuleModel:
  """Returns the model of the space's rule, or one found by a trial."""
  model = rule_of(space).model
  return model or RuleModel(keeps_none=_keeps_none(space, groups))


def _keeps_none(space: SearchSpace, groups: Mapping[str, str]) -> bool:
  """Tries out whether the space's rule lets `none` win an edge."""
  weights = {}
  for group, kind in groups.items():
    matrix = np.zeros(space.candidate_mask(kind).shape)
    for row, names in enumerate(space.candidates[kind]):
      if 'none' in names:
        matrix[row, names.index('none')] = 1
    weights[group] = matrix
  found = rule_of(space)(space, weights, groups)
  return any(
    edge.operation == 'none'
    for cell in found.cells.values()
    for edge in cell.edges
  )
