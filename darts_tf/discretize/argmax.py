"""Discretization by the best operation of each edge."""

from collections.abc import Mapping

import numpy as np

from darts_tf.discretize.cells import candidate_rows, derive_cells
from darts_tf.discretize.registry import discretizations
from darts_tf.genotype import Edge, Genotype
from darts_tf.search_space import SearchSpace


def argmax_rule(
    space: SearchSpace,
    weights: Mapping[str, np.ndarray],
    kinds: Mapping[str, str],
) -> Genotype:
  """Keeps every edge, with its heaviest candidate, `none` included.

  The rule of NAS-Bench-201 (arXiv:2001.00326) and SNAS (arXiv:1812.09926).
  Edges on which `none` wins stay, with the operation `none`. Ties go to the
  lower index.

  Args:
    space: the search space; candidates may differ from edge to edge.
    weights: group to mixing weights `(edges, candidates)`.
    kinds: group to cell kind.

  Returns:
    The genotype, edges in the order of the topology.

  Raises:
    InputError: see `darts_tf.discretize.discretize`.
  """
  return derive_cells(space, weights, kinds, _derive)


def _derive(
    space: SearchSpace, kind: str, weights: np.ndarray
) -> tuple[Edge, ...]:
  return tuple(
      Edge(names[int(np.argmax(row))], source, target)
      for (source, target), names, row in candidate_rows(space, kind, weights)
  )


discretizations.register('argmax', argmax_rule)
