"""Discretization where the edges are given: an operation for each."""

from collections.abc import Mapping

import numpy as np

from darts_tf.discretize.cells import candidate_rows, derive_cells
from darts_tf.discretize.registry import discretizations
from darts_tf.errors import InputError
from darts_tf.genotype import Edge, Genotype
from darts_tf.search_space import SearchSpace


def fixed_edges_rule(
    space: SearchSpace,
    weights: Mapping[str, np.ndarray],
    kinds: Mapping[str, str],
) -> Genotype:
  """Keeps every edge, with its heaviest candidate other than `none`.

  The rule of Amended-DARTS (arXiv:1910.11831): the search space has the
  edges of the network, none is removed. Ties go to the lower index.

  Args:
    space: the search space; candidates may differ from edge to edge.
    weights: group to mixing weights `(edges, candidates)`.
    kinds: group to cell kind.

  Returns:
    The genotype, edges in the order of the topology.

  Raises:
    InputError: if an edge has no candidate but `none`; see also
      `darts_tf.discretize.discretize`.
  """
  return derive_cells(space, weights, kinds, _derive)


def _derive(
    space: SearchSpace, kind: str, weights: np.ndarray
) -> tuple[Edge, ...]:
  edges = []
  for (source, target), names, row in candidate_rows(space, kind, weights):
    real = [i for i, name in enumerate(names) if name != 'none']
    if not real:
      raise InputError(
          'With fixed edges each edge needs an operation; expected a'
          f' candidate other than none on edge {source}-{target} of the'
          f' {kind} cell. Received: search_space={space.name!r}'
      )
    best = max(real, key=row.__getitem__)  # the first of equals
    edges.append(Edge(names[best], source, target))
  return tuple(edges)


discretizations.register('fixed_edges', fixed_edges_rule)
