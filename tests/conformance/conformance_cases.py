"""The cases of the suite: all that the package registers, made tiny."""

import dataclasses
import importlib
import sys
from typing import NamedTuple

import keras
import pytest
import tensorflow as tf

from darts_tf.config.errors import InputError
from darts_tf.methods import methods
from darts_tf.search import SearchConfig
from darts_tf.search.resolve import resolve
from darts_tf.search_space import GrowingSpace, SearchSpace, search_spaces

# Each space is run with these.
GRADIENT = 'first_order'
METHOD = SearchConfig().method
CHANNELS = 2
# It takes as long as three others. Its differences from `darts`, two operations
# and a fifth node, are tested without a search.
COSTLY = ('nasnet',)
# Contracts that take longest run here and on the cheapest space by default.
MAIN = ('darts',)
# Iterations are unrolled; two have all that ten have.
OPTIONS = {'implicit_cg': {'cg_iterations': 2}}
# Methods whose published settings do not suit so small a search.
METHOD_OPTIONS = {
  'pc_darts': {'partial_channels': 2, 'channels': 4},
  'sdarts_adv': {'attack_steps': 2},
}


def registered(module: str, registry: str) -> tuple[str, ...]:
  """Names in a registry of the package, without those that tests add.

  Tests enter spaces of their own into the registries of their process. So
  the modules that register are imported once more, besides those that are
  in use; afterwards all is as it was.
  """
  ours = lambda: [n for n in sys.modules if n.split('.')[0] == 'darts_tf']
  kept = {name: sys.modules.pop(name) for name in ours()}
  # Keras finds saved classes by name: the first ones are to stay.
  classes = dict(keras.saving.get_custom_objects())
  try:
    return tuple(getattr(importlib.import_module(module), registry))
  finally:
    for name in ours():
      del sys.modules[name]
    sys.modules.update(kept)
    keras.saving.get_custom_objects().update(classes)


SPACES = registered('darts_tf.search_space', 'search_spaces')
GRADIENTS = registered(
  'darts_tf.architecture_gradient', 'architecture_gradients'
)
RULES = registered('darts_tf.discretize', 'discretizations')
RELAXATIONS = registered('darts_tf.relaxation', 'relaxations')
METHODS = registered('darts_tf.methods', 'methods')


def fewest_cells(space: str) -> int:
  """The depth from which on a supernet has cells of all kinds."""
  value, count = search_spaces[space], 1
  while set(value.groups(count).values()) != set(value.candidates):
    count += 1
  return count


def size(space: str) -> int:
  """Candidates of all edges of the smallest supernet."""
  value = search_spaces[space]
  return sum(
    len(names)
    for plan in value.macro.plan(1, fewest_cells(space))
    for names in value.candidates[plan.kind]
  )


CHEAPEST = min(SPACES, key=size)


def repeats(space: str) -> bool:
  """Whether another space has all that a space has.

  That is, on each edge the candidates of an earlier one, or some of them;
  and all else alike.
  """
  value = search_spaces[space]
  fields = {f.name for f in dataclasses.fields(SearchSpace)}
  rest = lambda s: {n: getattr(s, n) for n in fields - {'name', 'candidates'}}
  uniform = all(len(set(edges)) == 1 for edges in value.candidates.values())
  return uniform and any(
    rest(other) == rest(value)
    and set(other.candidates) == set(value.candidates)
    and all(
      set(mine[0]) <= set(theirs[0])
      for mine, theirs in zip(
        value.candidates.values(), other.candidates.values()
      )
    )
    for other in map(search_spaces.__getitem__, SPACES[: SPACES.index(space)])
  )


def options_of_schedule(method: str, space: str) -> dict[str, str]:
  """Two short cycles, for methods that have cycles."""
  if not hasattr(methods[method].schedule, 'cycle_epochs'):
    return {}
  grows = isinstance(search_spaces[space], GrowingSpace)
  return {
    'cycle_epochs': '1,1',
    'cycle_grace_epochs': '0,0',
    'cycle_morphisms': '1,0' if grows else '0,0',
    'cycle_candidates': '3,1' if grows else '2,1',
  }


class Case(NamedTuple):
  """A search: a space, and what its alphas are moved by.

  Args:
    space: name of a search space.
    gradient: name of an architecture gradient.
    method: name of a method.
  """

  space: str
  gradient: str
  method: str = METHOD

  @property
  def name(self) -> str:
    """A name for test classes."""
    method = '' if self.method == METHOD else f'_{self.method}'
    return f'{self.space}_{self.gradient}{method}'

  @property
  def by_default(self) -> bool:
    """Whether it runs without `-m slow`."""
    if self.space == CHEAPEST:
      return True
    return (self.gradient, self.method) == (GRADIENT, METHOD) and (
      self.space not in COSTLY and not repeats(self.space)
    )

  @property
  def is_possible(self) -> bool:
    """Whether the method can search the space."""
    try:
      resolve(self.config())
    except InputError:
      return False
    return True

  @property
  def compiles_again(self) -> bool:
    """Whether a resumed run compiles its step, as it does in life.

    Compiling takes most of the time. Whether a new one would differ is a
    question to the gradient, not to the space.
    """
    return self.space == CHEAPEST or not self.by_default

  def config(self, **changes) -> SearchConfig:
    """Returns a configuration of a few steps; `changes` are its options."""
    return SearchConfig(
      **{
        'search_space': self.space,
        'gradient': self.gradient,
        'method': self.method,
        'cells': fewest_cells(self.space),
        'channels': CHANNELS,
        'batch_size': 8,
        'epochs': 2,
        'steps_per_epoch': 2,
        'alpha_learning_rate': 0.1,
        # Then alphas move by the gradient or not at all.
        'alpha_weight_decay': 0.0,
        'grace_epochs': 0,
        'eigenvalue_every': 0,
        **OPTIONS.get(self.gradient, {}),
        **METHOD_OPTIONS.get(self.method, {}),
        **options_of_schedule(self.method, self.space),
        **changes,
      }
    )


def cases_of_spaces() -> list[Case]:
  """Each space with the gradient that costs least."""
  return [Case(space, GRADIENT) for space in SPACES]


def cases_of_gradients() -> list[Case]:
  """Each other gradient, and each other method, with each space."""
  cases = [
    *(
      Case(space, gradient)
      for gradient in GRADIENTS
      for space in SPACES
      if gradient != GRADIENT
    ),
    *(
      Case(space, methods[method].gradient.name, method)
      for method in METHODS
      for space in SPACES
      if method != METHOD
    ),
  ]
  return [case for case in cases if case.is_possible]


def generate(
  contracts: type, cases: list[Case], module: dict, costly: bool = False
) -> None:
  """Adds a test case of all contracts for each case to a module.

  Args:
    contracts: a class with tests that look at `self.case`.
    cases: the cases; those that do not run by default are marked slow.
    module: `globals()` of the module.
    costly: whether the contracts take so long that by default they are run
      in two spaces only.
  """
  for case in cases:
    made = type(
      f'{contracts.__name__}_{case.name}',
      (contracts, tf.test.TestCase),
      {'case': case, '__module__': module['__name__']},
    )
    by_default = case.by_default and not (
      costly and case.space not in (CHEAPEST, *MAIN)
    )
    module[made.__name__] = made if by_default else pytest.mark.slow(made)
