"""Prune and replace: candidates leave, children of the better ones come."""

import itertools
from collections.abc import Mapping, Sequence, Set
from typing import Any, ClassVar

import numpy as np

from darts_tf.config.errors import InputError
from darts_tf.morphism import children
from darts_tf.schedule.schedule import (
  Candidates,
  Change,
  Child,
  Schedule,
  Stage,
  schedules,
)
from darts_tf.search_space.growth import Growth
from darts_tf.search_space.parameterized import Convolution, parse
from darts_tf.search_space.space import SearchSpace


class PruneReplace(Schedule):
  """The cycles of PR-DARTS (arXiv:1906.07528, section 3).

  At the end of a cycle each edge loses its least likely candidates until
  `candidates - morphisms` are left, one of them a convolution. Then
  parents are drawn from the softmax of the edge's alphas and morphisms
  uniformly among those that the space allows; a child that is or was a
  candidate of the edge is refused, unless nothing new can be found.

  The four tables are lists with one number a cycle.

  Args:
    epochs: must be the sum of the cycles, if it is given.
    grace_epochs: must be 0; each cycle has its own.
    cycle_epochs: length.
    cycle_grace_epochs: epochs at its start without alpha steps.
    cycle_morphisms: children that come in when it ends.
    cycle_candidates: candidates of an edge after that; 1 at last.

  Raises:
    InputError: if the tables do not fit together.
  """

  # The table of the paper.
  options: ClassVar[Mapping[str, Any]] = {
    'cycle_epochs': '15,15,10,10,10,10,10,10,10',
    'cycle_grace_epochs': '5,5,3,3,3,3,3,3,3',
    'cycle_morphisms': '3,3,3,3,3,0,0,0,0',
    'cycle_candidates': '6,6,6,6,6,4,3,2,1',
  }

  def __init__(
    self, epochs: int | None = None, grace_epochs: int = 0, **tables: str
  ):
    columns = {
      name: _numbers(name, text)
      for name, text in {**self.options, **tables}.items()
    }
    _check_lengths(columns)
    lengths, grace = columns['cycle_epochs'], columns['cycle_grace_epochs']
    self._morphisms = columns['cycle_morphisms']
    self._candidates = columns['cycle_candidates']
    ends = list(itertools.accumulate(lengths))
    self._stages = tuple(
      Stage(index, end - length, length, of_grace)
      for index, (end, length, of_grace) in enumerate(
        zip(ends, lengths, grace, strict=True)
      )
    )
    self._check(epochs, grace_epochs)

  @property
  def stages(self) -> tuple[Stage, ...]:
    """See `Schedule`."""
    return self._stages

  def describe(self) -> str:
    """See `Schedule`."""
    table = [
      [s.epochs for s in self.stages],
      [s.grace_epochs for s in self.stages],
      self._morphisms,
      self._candidates,
    ]
    lengths, grace, morphisms, candidates = (
      ' '.join(map(str, column)) for column in table
    )
    return (
      f'cycles of {lengths}, alphas frozen for {grace}; new candidates'
      f' {morphisms}, left {candidates}'
    )

  def _check(self, epochs: int | None, grace_epochs: int) -> None:
    if epochs not in (None, self.epochs):
      raise InputError(
        'The number of epochs is that of the cycles; expected'
        f' {self.epochs} or none. Received: epochs={epochs}'
      )
    if grace_epochs:
      raise InputError(
        'Each cycle has grace epochs of its own; expected'
        f' --cycle_grace_epochs. Received: grace_epochs={grace_epochs}'
      )
    for stage in self.stages:
      if not 0 <= stage.grace_epochs < stage.epochs:
        raise InputError(
          f'Alphas do not move in cycle {stage.index + 1}; expected fewer'
          ' grace epochs than epochs. Received: cycle_epochs='
          f'{stage.epochs}, cycle_grace_epochs={stage.grace_epochs}'
        )
    for index, (new, left) in enumerate(
      zip(self._morphisms, self._candidates, strict=True), 1
    ):
      if new >= left:
        raise InputError(
          f'Nothing is kept at the end of cycle {index}; expected more'
          ' candidates than morphisms. Received:'
          f' cycle_candidates={left}, cycle_morphisms={new}'
        )
    if (self._morphisms[-1], self._candidates[-1]) != (0, 1):
      raise InputError(
        'The last cycle leaves one operation on each edge; expected tables'
        ' that end with 0 morphisms and 1 candidate. Received:'
        f' cycle_morphisms={self._morphisms[-1]},'
        f' cycle_candidates={self._candidates[-1]}'
      )

  def check(self, space: SearchSpace) -> None:
    """Raises `InputError` if the space cannot grow, and should."""
    if not space.shared_cells:
      raise InputError(
        'Each cell of this search space has an architecture of its own;'
        ' expected one whose cells share theirs, say prune_replace_dl.'
        f' Received: search_space={space.name!r}'
      )
    if any(self._morphisms) and space.growth is None:
      raise InputError(
        'The candidates of this search space are all there are; expected'
        ' prune_replace_dl, prune_replace_dr, prune_replace_ur, or no'
        ' morphisms. Received:'
        f' search_space={space.name!r}, cycle_morphisms='
        f'{",".join(map(str, self._morphisms))}'
      )

  def change(
    self,
    stage: Stage,
    space: SearchSpace,
    weights: Mapping[str, np.ndarray],
    past: Sequence[Candidates],
    draw: np.random.Generator,
  ) -> Change:
    """See `Schedule`."""
    new = self._morphisms[stage.index]
    kept = self._candidates[stage.index] - new
    candidates, came = {}, {}
    for kind, edges in space.candidates.items():
      candidates[kind], came[kind] = zip(
        *(
          _renew(
            names,
            row,
            kept,
            new,
            space.growth,
            {n for then in past for n in then[kind][edge]},
            draw,
          )
          for edge, (names, row) in enumerate(
            zip(edges, weights[kind], strict=True)
          )
        )
      )
    return Change(candidates, came)


def _renew(
  names: Sequence[str],
  row: np.ndarray,
  kept: int,
  new: int,
  growth: Growth | None,
  history: Set[str],
  draw: np.random.Generator,
) -> tuple[tuple[str, ...], dict[str, Child]]:
  """The candidates of an edge in the next cycle, and which of them are new."""
  p = dict(zip(names, map(float, row)))
  left = prune(p, kept)
  came: dict[str, Child] = {}
  for _ in range(new):
    child = draw_child(
      {name: p[name] for name in left}, {*left, *came}, history, growth, draw
    )
    if child is None:
      break
    came[child[0]] = child[1]
    history = {*history, child[0]}
  return (*left, *came), came


def prune(p: Mapping[str, float], kept: int) -> list[str]:
  """Keeps the most likely candidates, one of them a convolution.

  Args:
    p: candidate to mixing weight.
    kept: how many.

  Returns:
    Their names in the order of `p`.
  """
  ranked = sorted(p, key=lambda name: -p[name])
  left = ranked[:kept]
  convolutions = [name for name in ranked if 'conv' in name]
  if convolutions and not set(left) & set(convolutions):
    left[-1] = convolutions[0]
  return [name for name in p if name in left]


def draw_child(
  p: Mapping[str, float],
  present: Set[str],
  history: Set[str],
  growth: Growth,
  draw: np.random.Generator,
) -> tuple[str, Child] | None:
  """Draws a parent, and a morphism of it, until the child is new.

  That is a draw among all pairs whose child is new, a pair's weight being
  the parent's divided by the number of its morphisms.

  Args:
    p: possible parents and their mixing weights.
    present: candidates of the edge, which a child must not repeat.
    history: all that were; a child repeats one of these only if there is
      nothing else.
    growth: restrictions of the space.
    draw: source of random numbers.

  Returns:
    Name and origin of the child; `None` if there is none at all.
  """
  pairs = []
  for parent, weight in p.items():
    operation = parse(parent)
    if not isinstance(operation, Convolution):
      continue
    possible = list(children(operation, growth))
    pairs += [
      (weight / len(possible), child.name, Child(parent, morphism.name))
      for morphism, child in possible
      if child.name not in present
    ]
  pairs = [pair for pair in pairs if pair[1] not in history] or pairs
  if not pairs:
    return None
  # The smallest positive number: all of them can be vanishingly small.
  odds = np.maximum([pair[0] for pair in pairs], np.finfo(float).tiny)
  _, name, child = pairs[draw.choice(len(pairs), p=odds / odds.sum())]
  return name, child


def _numbers(name: str, text: str) -> list[int]:
  try:
    numbers = [int(word) for word in text.split(',')]
  except ValueError:
    numbers = [-1]
  if min(numbers) < 0:
    raise InputError(
      'Not a list of numbers, one a cycle; expected, say, 15,10,10.'
      f' Received: {name}={text!r}'
    )
  return numbers


def _check_lengths(columns: Mapping[str, Sequence[int]]) -> None:
  lengths = {name: len(column) for name, column in columns.items()}
  if len(set(lengths.values())) > 1:
    raise InputError(
      'The tables of the cycles differ in length; expected one number a'
      ' cycle in each. Received: '
      + ', '.join(f'{n} numbers in {name}' for name, n in lengths.items())
    )


schedules.register('prune_replace', PruneReplace)
