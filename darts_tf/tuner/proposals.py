"""The architectures to try next."""

import dataclasses
import functools
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from darts_tf.discretize.choices import (
  NodeChoice,
  assemble,
  canonical,
  genotype_groups,
  node_choices,
)
from darts_tf.discretize.most_likely import Limit, most_likely
from darts_tf.discretize.rule import rule_of
from darts_tf.genotype import Edge, Genotype
from darts_tf.search_space import SearchSpace
from darts_tf.tuner.finding import Finding

# Changes of one architecture that are tried before the next best one.
_CHANGES = 60
_LEAST_WEIGHT = 1e-12
# Draws that a limit refuses before it is built into them.
_REFUSALS = 30


@dataclasses.dataclass(frozen=True)
class Candidate:
  """An architecture that may be tried.

  Args:
    genotype: the architecture, in canonical order.
    origin: `derived`, `sampled`, `changed` or `random`.
    source: name of the search, or number of the architecture in the list
      of the best that was changed.
  """

  genotype: Genotype
  origin: str
  source: str | int | None = None


@dataclasses.dataclass(frozen=True)
class Proposals:
  """Draws candidates: first from searches, then near the best so far.

  1. The most likely architectures of each search, one of each in turn, up
     to `derived` of each; the first is the one that the search derived.
  2. `sampled` draws from the mixing weights of the searches.
  3. Changes of one node of the best architectures so far.

  Without searches all are drawn uniformly.

  Args:
    space: a registered search space.
    num_cells: number of cells, where each has an architecture of its own.
    derived: architectures of each search.
    sampled: draws from mixing weights, of all searches together.
    limits: limits that all candidates have to meet.
    seed: of the draws.
  """

  space: SearchSpace
  num_cells: int | None = None
  derived: int = 3
  sampled: int = 5
  limits: Sequence[Limit] = ()
  seed: int = 0
  # Name of a search to its most likely architectures, which take time.
  _ranked: dict[str, list[Genotype]] = dataclasses.field(
    default_factory=dict, init=False, repr=False, compare=False
  )

  def candidates(
    self,
    findings: Sequence[Finding],
    best: Sequence[Genotype],
    number: int,
    num_sampled: int,
  ) -> Iterator[Candidate]:
    """Yields candidates without end, in the order in which to try them.

    Args:
      findings: the results of searches.
      best: architectures that were tried, the best first.
      number: of the proposal, from 0; each has draws of its own.
      num_sampled: proposals so far that were drawn from mixing weights.
    """
    draw = np.random.default_rng([self.seed, number, 0x0AC])
    yield from self._derive(findings)
    if findings and num_sampled < self.sampled:
      for _ in range(_CHANGES):
        finding = findings[draw.integers(len(findings))]
        yield Candidate(
          self.sample(draw, finding.weights), 'sampled', finding.name
        )
    if findings:
      for rank, genotype in enumerate(best):
        for _ in range(_CHANGES):
          changed = self.change(draw, genotype)
          if self._admits(changed):
            yield Candidate(changed, 'changed', rank)
    while True:
      yield Candidate(self.sample(draw), 'random')

  def _derive(self, findings: Sequence[Finding]) -> Iterator[Candidate]:
    for finding in findings:
      if finding.name not in self._ranked:
        self._ranked[finding.name] = _rank(self, finding)
    lists = [self._ranked[finding.name] for finding in findings]
    for rank in range(self.derived):
      for finding, genotypes in zip(findings, lists):
        if rank < len(genotypes):
          yield Candidate(genotypes[rank], 'derived', finding.name)

  def sample(
    self,
    draw: np.random.Generator,
    weights: Mapping[str, np.ndarray] | None = None,
  ) -> Genotype:
    """Draws an architecture within the limits.

    Args:
      draw: source of random numbers.
      weights: group to mixing weights, `(edges, candidates)`. An edge's
        operation is drawn by its weights, and the edges that a node keeps by
        their largest weights. By default all architectures are equally
        likely.
    """
    for _ in range(_REFUSALS):
      genotype = self._assemble(
        (
          choice.group,
          _draw_node(
            draw,
            choice,
            self.space,
            None if weights is None else weights[choice.group],
          ),
        )
        for choice in self._choices
      )
      if self._admits(genotype):
        return genotype
    # Few architectures meet the limits: the best of random weights is one.
    groups = genotype_groups(self.space, self.num_cells)
    random = {
      group: draw.random(self.space.candidate_mask(kind).shape)
      for group, kind in groups.items()
    }
    return most_likely(self.space, random, 1, self.limits, self.num_cells)[0]

  def change(self, draw: np.random.Generator, genotype: Genotype) -> Genotype:
    """Draws one node of an architecture anew.

    One of the node's edges gets another operation. Where there is a choice
    of inputs, it as often comes from another node instead. A missing node
    gets edges.

    Args:
      draw: source of random numbers.
      genotype: the architecture to change.
    """
    choices = [choice for choice in self._choices if len(choice) > 1]
    choice = choices[draw.integers(len(choices))]
    cells = {
      name: list(cell.edges) for name, cell in canonical(genotype).cells.items()
    }
    old = [
      edge
      for edge in cells[choice.group]
      if edge.target == choice.node and edge.source in choice.sources
    ]
    if not old:
      cells[choice.group] += _draw_node(draw, choice, self.space, None)
      return canonical(assemble(self.space, cells))
    edge = old[draw.integers(len(old))]
    # An edge from a missing node would be missing, too.
    there = {e.target for e in cells[choice.group]}
    there.update(range(self.space.topology.num_inputs))
    there -= {e.source for e in old}
    free = [source for source in choice.sources if source in there]
    source = edge.source
    if free and draw.integers(2):
      source = free[draw.integers(len(free))]
    names = choice.operations_from(source)
    if source == edge.source and len(names) > 1:
      names = [name for name in names if name != edge.operation]
    new = Edge(names[draw.integers(len(names))], source, choice.node)
    edges = cells[choice.group]
    edges[edges.index(edge)] = new
    return canonical(assemble(self.space, cells))

  @functools.cached_property
  def _choices(self) -> list[NodeChoice]:
    return node_choices(self.space, self.num_cells)

  def _admits(self, genotype: Genotype) -> bool:
    return all(limit.admits(genotype) for limit in self.limits)

  def _assemble(self, parts) -> Genotype:
    edges = {}
    for group, part in parts:
      edges.setdefault(group, []).extend(part)
    return assemble(self.space, edges)


def _rank(proposals: Proposals, finding: Finding) -> list[Genotype]:
  """Returns a search's most likely architectures; its own comes first.

  They are architectures that the search's rule can derive. If the rule has no
  `RuleModel`, there is only the first one.
  """
  own = canonical(finding.genotype)
  rule = rule_of(proposals.space, finding.rule)
  if rule.model is None and not proposals.limits:
    return [own]
  found = most_likely(
    proposals.space,
    finding.weights,
    proposals.derived,
    proposals.limits,
    proposals.num_cells,
    finding.rule,
  )
  if not all(limit.admits(own) for limit in proposals.limits):
    return found
  return [own, *(g for g in found if g != own)][: proposals.derived]


def _draw_node(
  draw: np.random.Generator,
  choice: NodeChoice,
  space: SearchSpace,
  weights: np.ndarray | None,
) -> tuple[Edge, ...]:
  """Draws the edges of a node."""
  if weights is None:
    # By the number of architectures, so that all of them are equally likely.
    subsets = choice.subsets()
    sizes = np.array(
      [
        np.prod([len(choice.operations_from(s)) for s in sources])
        for sources in subsets
      ],
      float,
    )
    sources = subsets[draw.choice(len(subsets), p=sizes / sizes.sum())]
    return tuple(
      Edge(names[draw.integers(len(names))], source, choice.node)
      for source in sources
      for names in [choice.operations_from(source)]
    )
  edges, strengths = [], []
  for row, source, names in zip(choice.rows, choice.sources, choice.operations):
    candidates = space.candidates[choice.kind][row]
    p = np.array([weights[row, candidates.index(name)] for name in names])
    p = np.maximum(p, _LEAST_WEIGHT)
    strengths.append(p.max())
    edges.append(
      Edge(names[draw.choice(len(names), p=p / p.sum())], source, choice.node)
    )
  strengths = np.array(strengths)
  kept = draw.choice(
    len(edges), choice.kept, replace=False, p=strengths / strengths.sum()
  )
  return tuple(edges[i] for i in sorted(kept))
