"""Discretization: from mixing weights to a genotype."""

from collections.abc import Mapping

import numpy as np

# The rules register themselves.
from darts_tf.discretize.argmax import Argmax
from darts_tf.discretize.best_pairs import BestPairs
from darts_tf.discretize.darts import Darts
from darts_tf.discretize.find_genotype import find_genotype
from darts_tf.discretize.fixed_edges import FixedEdges
from darts_tf.discretize.random_genotype import random_genotype
from darts_tf.discretize.rule import Rule, RuleModel, discretizations, rule_of
from darts_tf.discretize.skip_limited import SkipLimited
from darts_tf.discretize.threshold import Threshold
from darts_tf.genotype import Genotype
from darts_tf.search_space import SearchSpace

__all__ = [
  'Argmax',
  'BestPairs',
  'Darts',
  'FixedEdges',
  'Rule',
  'RuleModel',
  'SkipLimited',
  'Threshold',
  'discretizations',
  'discretize',
  'find_genotype',
  'random_genotype',
  'rule_of',
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
    rule: see `rule_of`.

  Returns:
    The genotype, one cell a group.

  Raises:
    InputError: if the rule or an option of it is unknown, groups are missing
      or unknown, weights have another shape or are not finite, the supernet
  X
  """
  return rule_of(space, rule)(space, weights, kinds)
