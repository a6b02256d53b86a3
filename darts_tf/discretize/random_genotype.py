"""An architecture drawn at random: what a search has to beat."""

import numpy as np

from darts_tf.config.errors import InputError
from darts_tf.discretize.choices import genotype_groups
from darts_tf.discretize.registry import discretizations
from darts_tf.genotype import Genotype, load_genotype
from darts_tf.morphism import grown
from darts_tf.search_space import SearchSpace, search_spaces

_PREFIX = 'random:'


def random_genotype(
  space: SearchSpace, seed: int, num_cells: int | None = None
) -> Genotype:
  """Draws a genotype uniformly from a search space.

  Independent uniform mixing weights are discretized by the space's own
  rule: every choice of edges and operations is equally likely. Of a space
  that grows, operations are those that five morphisms lead to.

  Args:
    space: a registered search space.
    seed: of the draw, 0 or more.
    num_cells: number of cells of the network, where each has an
      architecture of its own; by default the space's. Of no effect where
      cells share theirs.

  Returns:
    The genotype.
  """
  space = grown(space)
  generator = np.random.default_rng([seed, 0x6E0])
  kinds = genotype_groups(space, num_cells)
  weights = {
    group: generator.random(space.candidate_mask(kind).shape)
    for group, kind in kinds.items()
  }
  return discretizations[space.discretization](space, weights, kinds)


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
    InputError: if there is no such genotype.
  """
  if not text.startswith(_PREFIX):
    return load_genotype(text)
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
