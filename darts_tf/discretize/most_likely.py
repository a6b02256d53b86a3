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
from darts_tf.discretize.rule import RuleModel, model_of
from darts_tf.genotype import Edge, Genotype
from darts_tf.search_space import SearchSpace

_SKIP = 'skip_connect'
# Weights of zero have no logarithm; these are as good as impossible.
_LEAST_WEIGHT = 1e-12


@dataclasses.dataclass(frozen=True)
class Limit:
  """A cost that adds up over the edges, and the largest that is allowed.

  Args:
    name: name of the limited cost, as the user calls it.
    largest: the limit.
    base: cost of a network without edges.
    edges: `(group, edge)` to the cost of the edge in all cells of a group.
      The operation `none` needs no entry; it costs nothing then.
  """

  name: str
  largest: float
  base: float
  edges: Mapping[tuple[str, Edge], float]

  def cost(self, genotype: Genotype) -> float:
    """Returns the cost of an architecture; at most that if it lacks nodes."""
    return self.base + sum(
      self.edge_cost(group, edge)
      for group, cell in genotype.cells.items()
      for edge in cell.edges
    )

  def edge_cost(self, group: str, edge: Edge) -> float:
    """Returns the cost of an edge in all cells of a group."""
    if edge.operation == 'none':
      return self.edges.get((group, edge), 0.0)
    return self.edges[group, edge]

  def admits(self, genotype: Genotype) -> bool:
    """Returns whether an architecture is within the limit."""
    return self.cost(genotype) <= self.largest


def most_likely(
  space: SearchSpace,
  weights: Mapping[str, np.ndarray],
  count: int = 1,
  limits: Sequence[Limit] = (),
  num_cells: int | None = None,
  rule: str | None = None,
) -> list[Genotype]:
  r"""Finds the architectures of the largest product of mixing weights.

  The function maximizes `sum_e log p_e(o_e)` over all architectures that a
  rule can derive. `e` are the edges that a node keeps and `o_e` their
  operations. This is an integer program of independent choices that the
  limits join.
  The first without a limit is what the rules `darts`, `argmax` and
  `fixed_edges` derive. Each further one excludes those before it.

  Args:
    space: a registered search space.
    weights: group to mixing weights, `(edges, candidates)`.
    count: number of architectures.
    limits: limits that they have to meet.
    num_cells: number of cells, where each has an architecture of its own.
    rule: name of the discretization rule; the space's own by default.

  Returns:
    Up to `count` genotypes, the most likely first; fewer if no more are
    within the limits.

  Raises:
    InputError: if no architecture is within the limits (it says how low the
      costs can be), or if the rule has no `RuleModel`.
  """
  model = model_of(space, rule)
  choices = node_choices(space, num_cells, model)
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
  structure = _structure(choices, variables, model)
  constraints = list(structure)
  for limit in limits:
    # In units of the limit: solvers work to absolute tolerances.
    unit = max(abs(limit.largest), 1.0)
    costs = np.array([limit.edge_cost(c.group, e) for c, e, _ in variables])
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
    # Excludes it from the next solutions.
    constraints.append(
      optimize.LinearConstraint(chosen[None].astype(float), ub=chosen.sum() - 1)
    )
    genotype = _genotype(space, variables, chosen)
    if all(limit.admits(genotype) for limit in limits):  # to the last digit
      found.append(genotype)
  if not found:
    raise _impossible(limits, structure, variables)
  return found


def check_limits(
  space: SearchSpace,
  limits: Sequence[Limit],
  num_cells: int | None = None,
  rule: str | None = None,
) -> None:
  """Checks that a rule can derive an architecture within the limits.

  Args:
    space: a registered search space.
    limits: limits that architectures have to meet.
    num_cells: see `most_likely`.
    rule: see `most_likely`.

  Raises:
    InputError: if it cannot, or if the rule has no `RuleModel`.
  """
  equal = {
    group: np.ones(space.candidate_mask(kind).shape)
    for group, kind in genotype_groups(space, num_cells).items()
  }
  most_likely(space, equal, 1, limits, num_cells, rule)


def within_limits(
  genotype: Genotype,
  space: SearchSpace,
  weights: Mapping[str, np.ndarray],
  limits: Sequence[Limit],
  num_cells: int,
  rule: str | None = None,
) -> Genotype:
  """Returns a derived architecture, or the most likely within limits.

  Args:
    genotype: as it was derived.
    space: the space, with the candidates of the weights.
    weights: group to mixing weights, `(edges, candidates)`.
    limits: limits that it has to meet.
    num_cells: number of cells.
    rule: the discretization rule that derived it; the space's own by
      default.

  Returns:
    `genotype`, if it is within the limits. Otherwise, of the architectures
    within them that the rule can derive, the one with the largest product of
    mixing weights (see `most_likely`).

  Raises:
    InputError: if there is none, or the rule has no `RuleModel`.
  """
  if all(limit.admits(genotype) for limit in limits):
    return genotype
  (found,) = most_likely(space, weights, 1, limits, num_cells, rule)
  return found


def _structure(
  choices: Sequence[NodeChoice], variables: Sequence[tuple], model: RuleModel
) -> list[optimize.LinearConstraint]:
  """Returns the constraints on all architectures that a rule can derive.

  Returns:
    At most one operation an edge; as many edges as a node keeps; in a normal
    cell no more skip connections than allowed.
  """
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
  normal = dict.fromkeys(c.group for c in choices if c.kind == 'normal')
  for group in normal if model.most_skips is not None else ():
    rows.append(
      np.array(
        [c.group == group and e.operation == _SKIP for c, e, _ in variables],
        float,
      )
    )
    lower.append(0)
    upper.append(max(model.most_skips, _forced_skips(choices, group)))
  return [
    optimize.LinearConstraint(sparse.csr_matrix(np.array(rows)), lower, upper)
  ]


def _forced_skips(choices: Sequence[NodeChoice], group: str) -> int:
  """Counts the skip connections of a cell that no choice avoids."""
  return sum(
    max(0, choice.kept - sum(names != (_SKIP,) for names in choice.operations))
    for choice in choices
    if choice.group == group
  )


def _solve(objective, constraints) -> np.ndarray | None:
  """Returns the chosen variables as booleans; `None` without a solution."""
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


def _impossible(limits, structure, variables) -> InputError:
  """Says how low each cost can be."""
  lows, highs = [], []
  for limit in limits:
    costs = np.array([limit.edge_cost(c.group, e) for c, e, _ in variables])
    least = limit.base + costs[_solve(costs, structure)].sum()
    lows.append(f'{limit.name} of at least {least:,.0f}')
    highs.append(f'{limit.name}={limit.largest:,.0f}')
  return InputError(
    'No architecture of this space and network size meets the limit;'
    f' expected {" and ".join(lows)}{" (each alone)" * (len(lows) > 1)}.'
    f' Received: {", ".join(highs)}'
  )
