"""Architectures drawn without repetition."""

import numpy as np

from darts_tf.config.errors import InputError
from darts_tf.discretize import random_genotype
from darts_tf.genotype import Genotype
from darts_tf.search_space import SearchSpace

# A space that still has another architecture among N yields none in so many
# draws with a probability of at most exp(-_PATIENCE / N).
_PATIENCE = 5000


def sample_genotypes(
  space: SearchSpace, num_samples: int, seed: int, num_cells: int | None = None
) -> list[Genotype]:
  """Draws architectures uniformly, without repetition.

  What was drawn before is passed over, so each further one is uniform among
  the rest. The first n of a seed are the same for every `num_samples`.

  Args:
    space: a registered search space.
    num_samples: number of architectures.
    seed: of the draws, 0 or more.
    num_cells: number of cells, where each has its own architecture; by
      default the space's.

  Returns:
    The genotypes, in the order in which they were drawn.

  Raises:
    InputError: if the space does not seem to have so many.
  """
  seeds = np.random.default_rng([seed, 0x5A3])
  genotypes: dict[Genotype, None] = {}
  repeated = 0
  while len(genotypes) < num_samples:
    genotype = random_genotype(space, int(seeds.integers(2**62)), num_cells)
    if genotype not in genotypes:
      genotypes[genotype] = None
      repeated = 0
      continue
    repeated += 1
    if repeated == _PATIENCE:
      raise InputError(
        f'Search space {space.name!r} does not have so many architectures;'
        f' expected at most {len(genotypes)}. Received:'
        f' num_samples={num_samples}'
      )
  return list(genotypes)
