"""Discretization: from mixing weights to a genotype."""

from collections.abc import Mapping

import numpy as np

# The rules register themselves.
from darts_tf.discretize.argmax import argmax_rule
from darts_tf.discretize.best_pairs import best_pairs_rule
from darts_tf.discretize.darts import darts_rule
from darts_tf.discretize.find_genotype import find_genotype
from darts_tf.discretize.fixed_edges import fixed_edges_rule
from darts_tf.discretize.random_genotype import random_genotype
from darts_tf.discretize.registry import Rule, discretizations
from darts_tf.discretize.skip_limited import skip_limited_rule
from darts_tf.discretize.threshold import threshold_rule
from darts_tf.genotype import Genotype
from darts_tf.search_space import SearchSpace

__all__ = [
  'Rule',
  'argmax_rule',
  'best_pairs_rule',
  'darts_rule',
  'discretizations',
  'discretize',
  'find_genotype',
  'fixed_edges_rule',
  'random_genotype',
  'skip_limited_rule',
  'threshold_rule',
]


def discretize(
  space: SearchSpace,
  weights: Mapping[str, np.ndarray],
  kinds: Mapping[str, str],
  rule: str | None = None,
) -> Genotype:
  """Turns mixing weights into a genotype.

  Args:
    space: the search space; models find it by its name in the registry.
    weights: group to mixing weights `(edges, candidates)`. Entries past an
      edge's last candidate are ignored.
    kinds: group to cell kind, as `space.groups(num_cells)` returns it.
    rule: name of a rule in `discretizations`; `space.discretization` by
      default.

  Returns:
    The genotype, one cell a group.

  Raises:
    InputError: if the rule is unknown, groups are missing or unknown,
      weights have another shape or are not finite, the supernet is too
      shallow to have all kinds of cells, or a cell is left without output.
  """
  return discretizations[rule or space.discretization](space, weights, kinds)
