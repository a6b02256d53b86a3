"""Prune and replace: candidates leave, children of the better ones come."""

import dataclasses
import itertools
from collections.abc import Mapping, Sequence, Set

import numpy as np

from darts_tf.config.errors import InputError
from darts_tf.config.options import option
from darts_tf.genotype.parameterized import Convolution, parse
from darts_tf.morphism import Growth, children
from darts_tf.schedule.course import Change, Child, Stage
from darts_tf.schedule.schedule import Schedule, schedules
from darts_tf.search_space.growing import GrowingSpace
from darts_tf.search_space.space import SearchSpace


@schedules.add
@dataclasses.dataclass(frozen=True)
class PruneReplace(Schedule):
  """The cycles of PR-DARTS (arXiv:1906.07528, section 3).

  At the end of a cycle each edge loses its least likely candidates until
  `candidates - morphisms` are left, one of them a convolution. Then
  parents are drawn from the softmax of the edge's alphas and morphisms
  uniformly among those that the space allows; a child that is or was a
  candidate of the edge is refused, unless nothing new can be found.

  The four tables are lists with one number a cycle. By default they are
  those of the paper.

  Args:
    cycle_epochs: length.
    cycle_grace_epochs: epochs at its start without alpha steps.
    cycle_morphisms: children that come in when it ends.
    cycle_candidates: candidates of an edge after that; 1 at last.

  Raises:
    InputError: if the tables do not fit together.
  """

  cycle_epochs: str = option(
    '15,15,10,10,10,10,10,10,10', 'Epochs of each cycle.'
  )
  cycle_grace_epochs: str = option(
    '5,5,3,3,3,3,3,3,3',
    'Epochs at the start of each cycle in which only weights are trained.',
  )
  cycle_morphisms: str = option(
    '3,3,3,3,3,0,0,0,0', 'New candidates of an edge at the end of each cycle.'
  )
  cycle_candidates: str = option(
    '6,6,6,6,6,4,3,2,1',
    'Candidates of an edge after each cycle; 1 after the last.',
  )

  name = 'prune_replace'

  def __post_init__(self):
    super().__post_init__()
    columns = self._columns()
    _check_lengths(columns)
    _check_cycles(columns)

  def _columns(self) -> dict[str, list[int]]:
    return {name: _numbers(name, text) for name, text in self.to_dict().items()}

  def stages(self, epochs, grace_epochs):
    """See `Schedule`."""
    columns = self._columns()
    lengths, grace = columns['cycle_epochs'], columns['cycle_grace_epochs']
    if epochs not in (None, sum(lengths)):
      raise InputError(
        'The number of epochs is that of the cycles; expected'
        f' {sum(lengths)} or none. Received: epochs={epochs}'
      )
    if grace_epochs:
      raise InputError(
        'Each cycle has grace epochs of its own; expected'
        f' --cycle_grace_epochs. Received: grace_epochs={grace_epochs}'
      )
    ends = list(itertools.accumulate(lengths))
    return tuple(
      Stage(index, end - length, length, of_grace)
      for index, (end, length, of_grace) in enumerate(
        zip(ends, lengths, grace, strict=True)
      )
    )

  def summary(self, stages):
    """See `Schedule`."""
    del stages
    lengths, grace, morphisms, candidates = (
      ' '.join(map(str, column)) for column in self._columns().values()
    )
    return (
      f'cycles of {lengths}, alphas frozen for {grace}; new candidates'
      f' {morphisms}, left {candidates}'
    )

  def check(self, space: SearchSpace) -> None:
    """Raises `InputError` if the space cannot grow, and should."""
    morphisms = self._columns()['cycle_morphisms']
    if not space.shared_cells:
      raise InputError(
        'Each cell of this search space has an architecture of its own;'
        ' expected one whose cells share theirs, say prune_replace_dl.'
        f' Received: search_space={space.name!r}'
      )
    if any(morphisms) and _growth_of(space) is None:
      raise InputError(
        'The candidates of this search space are all there are; expected'
        ' prune_replace_dl, prune_replace_dr, prune_replace_ur, or no'
        ' morphisms. Received:'
        f' search_space={space.name!r}, cycle_morphisms='
        f'{",".join(map(str, morphisms))}'
      )

  def change(self, course, stage, draw):
    """See `Schedule`."""
    columns, space = self._columns(), course.space
    new = columns['cycle_morphisms'][stage.index]
    kept = columns['cycle_candidates'][stage.index] - new
    growth = _growth_of(space)
    # Cells of a kind share their weights, see `check`.
    weights = {
      kind: course.history[group][-1] for group, kind in course.groups.items()
    }
    candidates, came = {}, {}
    for kind, edges in space.candidates.items():
      candidates[kind], came[kind] = zip(
        *(
          _renew(
            names,
            row,
            kept,
            new,
            growth,
            {n for then in course.past for n in then[kind][edge]},
            draw,
          )
          for edge, (names, row) in enumerate(
            zip(edges, weights[kind], strict=True)
          )
        )
      )
    return Change(candidates, came)


def _growth_of(space: SearchSpace) -> Growth | None:
  """Returns the restrictions of a space that grows, `None` of another."""
  return space.growth if isinstance(space, GrowingSpace) else None


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


def _check_cycles(columns: Mapping[str, Sequence[int]]) -> None:
  lengths, grace, morphisms, candidates = columns.values()
  for index, (length, of_grace) in enumerate(zip(lengths, grace), 1):
    if not 0 <= of_grace < length:
      raise InputError(
        f'Alphas do not move in cycle {index}; expected fewer'
        ' grace epochs than epochs. Received: cycle_epochs='
        f'{length}, cycle_grace_epochs={of_grace}'
      )
  for index, (new, left) in enumerate(zip(morphisms, candidates), 1):
    if new >= left:
      raise InputError(
        f'Nothing is kept at the end of cycle {index}; expected more'
        ' candidates than morphisms. Received:'
        f' cycle_candidates={left}, cycle_morphisms={new}'
      )
  if (morphisms[-1], candidates[-1]) != (0, 1):
    raise InputError(
      'The last cycle leaves one operation on each edge; expected tables'
      ' that end with 0 morphisms and 1 candidate. Received:'
      f' cycle_morphisms={morphisms[-1]},'
      f' cycle_candidates={candidates[-1]}'
    )
