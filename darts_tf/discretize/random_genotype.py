"""An architecture drawn at random: what a search has to beat."""

import numpy as np

from darts_tf.discretize.registry import discretizations
from darts_tf.errors import InputError
from darts_tf.genotype import Genotype, load_genotype
from darts_tf.search_space import SearchSpace, search_spaces

_PREFIX = 'random:'


def random_genotype(space: SearchSpace, seed: int) -> Genotype:
  """Draws a genotype uniformly from a search space.

  Independent uniform mixing weights are discretized by the space's own
  rule: every choice of edges and operations is equally likely.

  Args:
    space: a registered search space.
    seed: of the draw, 0 or more.

  Returns:
    The genotype.
  """
  generator = np.random.default_rng([seed, 0x6e0])
  weights = {kind: generator.random(space.candidate_mask(kind).shape)
             for kind in space.candidates}
  kinds = {kind: kind for kind in space.candidates}
  return discretizations[space.discretization](space, weights, kinds)


def find_genotype(text: str) -> Genotype:
  """A genotype by what a user calls it.

  Args:
    text: a published name, the path of a genotype file, or
      `random:SPACE:SEED` for one drawn from a search space.

  Returns:
    The genotype.

  Raises:
    InputError: if there is no such genotype.
  """
  if not text.startswith(_PREFIX):
    return load_genotype(text)
  space, _, seed = text.removeprefix(_PREFIX).rpartition(':')
  if not seed.isdigit():
    raise InputError(
        'A random genotype needs a search space and a seed; expected'
        ' random:SPACE:SEED, e.g. random:darts:0.'
        f' Received: genotype={text!r}')
  return random_genotype(search_spaces[space], int(seed))
