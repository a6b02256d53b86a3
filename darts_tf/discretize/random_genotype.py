"""An architecture drawn at random, the baseline of searches."""

import numpy as np

from darts_tf.discretize.choices import genotype_groups
from darts_tf.discretize.rule import rule_of
from darts_tf.genotype import Genotype
from darts_tf.search_space import SearchSpace


def random_genotype(
  space: SearchSpace, seed: int, num_cells: int | None = None
) -> Genotype:
  """Draws a genotype uniformly from a search space.

  Independent uniform mixing weights are discretized by the space's own
  rule: every choice of edges and operations of the whole space is equally
  likely.

  Args:
    space: a registered search space.
    seed: of the draw, 0 or more.
    num_cells: number of cells of the network, where each has an
      architecture of its own; by default the space's. Of no effect where
      cells share theirs.

  Returns:
    The genotype.
  """
  space = space.whole()
  generator = np.random.default_rng([seed, 0x6E0])
  kinds = genotype_groups(space, num_cells)
  weights = {
    group: generator.random(space.candidate_mask(kind).shape)
    for group, kind in kinds.items()
  }
  return rule_of(space)(space, weights, kinds)
