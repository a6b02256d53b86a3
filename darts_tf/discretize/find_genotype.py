"""A genotype by what a user calls it."""

from darts_tf.config.errors import InputError
from darts_tf.discretize.random_genotype import random_genotype
from darts_tf.genotype import Genotype, load_genotype
from darts_tf.search_space import search_spaces, space_of

_PREFIX = 'random:'


def find_genotype(text: str) -> Genotype:
  """A genotype by what a user calls it.

  Args:
    text: a published name, the path of a genotype file, or
      `random:SPACE:SEED` for one drawn from a search space; with
      `random:SPACE:SEED:CELLS` for a network of so many cells, where each
      cell has an architecture of its own.

  Returns:
    The genotype.

  Raises:
    InputError: if there is no such genotype, or if it is not one of its
      search space.
  """
  if not text.startswith(_PREFIX):
    genotype = load_genotype(text)
    try:
      space_of(genotype)
    except InputError as error:
      raise InputError(f'{error}, path={text!r}') from error
    return genotype
  parts = text.removeprefix(_PREFIX).split(':')
  numbers = [int(part) for part in parts[1:] if part.isdigit()]
  if len(numbers) not in (1, 2) or len(parts) != 1 + len(numbers):
    raise InputError(
      'A random genotype needs a search space and a seed; expected'
      ' random:SPACE:SEED, e.g. random:darts:0, or'
      ' random:SPACE:SEED:CELLS where each cell has its own architecture.'
      f' Received: genotype={text!r}'
    )
  space = search_spaces[parts[0]]
  if len(numbers) == 2 and space.shared_cells:
    raise InputError(
      f'Cells of search space {space.name!r} share their architectures;'
      f' expected random:{space.name}:{numbers[0]}.'
      f' Received: genotype={text!r}'
    )
  if numbers[1:] == [0]:
    raise InputError(
      f'A network has cells; expected at least one. Received: genotype={text!r}'
    )
  return random_genotype(space, *numbers)
