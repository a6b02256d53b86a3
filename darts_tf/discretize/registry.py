"""Discretization rules by name."""

from collections.abc import Callable, Mapping

import numpy as np

from darts_tf.config.registry import Registry
from darts_tf.genotype import Genotype
from darts_tf.search_space import SearchSpace

# rule(space, weights, kinds) -> genotype; see `darts_tf.discretize.discretize`.
Rule = Callable[
  [SearchSpace, Mapping[str, np.ndarray], Mapping[str, str]], Genotype
]

discretizations: Registry[Rule] = Registry('discretization')
