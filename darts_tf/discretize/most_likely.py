"""The most likely architectures of a distribution, within limits."""

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np
from scipy import optimize, sparse

from darts_tf.config.errors import InputError
from darts_tf.discretize.choices import (
  NodeChoice,
  assemble,
  genotype_groups,
  node_choices,
)
from darts_tf.genotype import Edge, Genotype
from darts_tf.search_space import SearchSpace

# Weights of zero have no logarithm; these are as good as impossible.
_LEAST_WEIGHT = 1e-12


@dataclasses.dataclass(frozen=True)
class Limit:
  """A cost that adds up over the edges, and the largest that is allowed.

  Args:
    name: what is limited, as the user calls it.
    largest: the limit.
    base: cost of a network without edges.
    edges: `(group, edge)` to the cost of the edge in all cells of a group.
  """

  name: str
  largest: float
  base: float
  edges: Mapping[tuple[str, Edge], float]

  def cost(self, genotype: Genotype) -> float:
    """The cost of an architecture."""
    return self.base + sum(
      self.edges[group, edge]
      for group, cell in genotype.cells.items()
      for edge in cell.edges
    )

  def admits(self, genotype: Genotype) -> bool:
    """Whether an architecture is within the limit."""
    return self.cost(genotype) <= self.largest


def most_likely(
  space: SearchSpace,
  weights: Mapping[str, np.ndarray],
  count: int = 1,
  limits: Sequence[Limit] = (),
  num_cells: int | None = None,
) -> list[Genotype]:
  r"""The architectures of the largest product of mixing weights.

  Maximizes `sum_e log p_e(o_e)` over all architectures of the space, `e`
  being the edges that a node keeps and `o_e` their operations, which is an
  integer program of independent choices joined by the limits. The first
  without a limit is what the rules `darts`, `argmax` and `fixed_edges`
  derive. Each further one excludes those before it.

  Args:
    space: a registered search space.
    weights: group to mixing weights, `(edges, candidates)`.
    count: how many architectures.
    limits: what they have to meet.
    num_cells: number of cells, where each has an architecture of its own.

  Returns:
    Up to `count` genotypes, the most likely first; fewer if no more are
    within the limits.

  Raises:
    InputError: if not one is; it says how low the costs can be.
  """
  choices = node_choices(space, num_cells)
  variables = [
    (
      choice,
      Edge(name, source, choice.node),
      float(weights[choice.group][row, candidates.index(name)]),
    )
    for choice in choices
    for row, source, names in zip(
      choice.rows, choice.sources, choice.operations
    )
    for candidates in [space.candidates[choice.kind][row]]
    for name in names
  ]
  score = np.log(np.maximum([w for *_, w in variables], _LEAST_WEIGHT))
  constraints = _structure(choices, variables)
  for limit in limits:
    # In units of the limit: solvers work to absolute tolerances.
    unit = max(abs(limit.largest), 1.0)
    costs = np.array([limit.edges[c.group, e] for c, e, _ in variables])
    constraints.append(
      optimize.LinearConstraint(
        costs[None] / unit, ub=(limit.largest - limit.base) / unit
      )
    )
  found = []
  while len(found) < count:
    chosen = _solve(-score, constraints)
    if chosen is None:
      break
    # Not this one again.
    constraints.append(
      optimize.LinearConstraint(chosen[None].astype(float), ub=chosen.sum() - 1)
    )
    genotype = _genotype(space, variables, chosen)
    if all(limit.admits(genotype) for limit in limits):  # to the last digit
      found.append(genotype)
  if not found:
    raise _impossible(limits, choices, variables)
  return found


def check_limits(
  space: SearchSpace, limits: Sequence[Limit], num_cells: int | None = None
) -> None:
  """Raises `InputError` if no architecture is within the limits.

  Args:
    space: a registered search space.
    limits: what architectures have to meet.
    num_cells: see `most_likely`.
  """
  equal = {
    group: np.ones(space.candidate_mask(kind).shape)
    for group, kind in genotype_groups(space, num_cells).items()
  }
  most_likely(space, equal, 1, limits, num_cells)


def _structure(
  choices: Sequence[NodeChoice], variables: Sequence[tuple]
) -> list[optimize.LinearConstraint]:
  """At most one operation an edge, and as many edges as a node keeps."""
  rows, lower, upper = [], [], []
  for choice in choices:
    of_node = np.array([c is choice for c, *_ in variables], float)
    rows.append(of_node)
    lower.append(choice.kept)
    upper.append(choice.kept)
    for source in choice.sources:
      rows.append(of_node * [e.source == source for _, e, _ in variables])
      lower.append(0)
      upper.append(1)
  return [
    optimize.LinearConstraint(sparse.csr_matrix(np.array(rows)), lower, upper)
  ]


def _solve(objective, constraints) -> np.ndarray | None:
  """The chosen variables, as booleans; `None` if there is no solution."""
  result = optimize.milp(
    objective,
    integrality=np.ones(len(objective)),
    bounds=optimize.Bounds(0, 1),
    constraints=constraints,
    options={'mip_rel_gap': 0},
  )
  return None if result.x is None else result.x > 0.5


def _genotype(space, variables, chosen) -> Genotype:
  edges = {}
  for (choice, edge, _), taken in zip(variables, chosen):
    if taken:
      edges.setdefault(choice.group, []).append(edge)
  return assemble(space, edges)


def _impossible(limits, choices, variables) -> InputError:
  """Says how low each cost can be."""
  structure = _structure(choices, variables)
  lows, highs = [], []
  for limit in limits:
    costs = np.array([limit.edges[c.group, e] for c, e, _ in variables])
    least = limit.base + costs[_solve(costs, structure)].sum()
    lows.append(f'{limit.name} of at least {least:,.0f}')
    highs.append(f'{limit.name}={limit.largest:,.0f}')
  return InputError(
    'No architecture of this space and network size meets the limit;'
    f' expected {" and ".join(lows)}{" (each alone)" * (len(lows) > 1)}.'
    f' Received: {", ".join(highs)}'
  )
