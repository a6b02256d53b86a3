"""One architecture as mixing weights of a supernet."""

from collections.abc import Mapping

import numpy as np

from darts_tf.genotype import Genotype
from darts_tf.layers.mixing_weights import MixingWeights
from darts_tf.search_space.space import SearchSpace


def single_path(
  space: SearchSpace, kinds: Mapping[str, str], genotype: Genotype
) -> dict[str, MixingWeights]:
  """Returns weights of 1 for the operations of an architecture, 0 for others.

  Args:
    space: the search space with the candidates of the supernet.
    kinds: group of cells to cell kind.
    genotype: the architecture.

  Returns:
    Group to float32 mixing weights. `selected` is the operation of each
    edge; on an edge without one it is the first candidate, at weight 0.
  """
  result = {}
  rows = {pair: row for row, pair in enumerate(space.topology.edges)}
  for group, kind in kinds.items():
    weights = np.zeros(space.candidate_mask(kind).shape, np.float32)
    for edge in genotype.cells[group].edges:
      row = rows[edge.source, edge.target]
      weights[row, space.candidates[kind][row].index(edge.operation)] = 1
    result[group] = MixingWeights(
      weights, None, np.argmax(weights, -1).astype(np.int32)
    )
  return result
