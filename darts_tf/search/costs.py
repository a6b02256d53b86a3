"""Costs of the candidates of a supernet, for penalties."""

from collections.abc import Collection

import numpy as np

from darts_tf.analysis.edge_costs import EdgeCosts
from darts_tf.data import DatasetInfo
from darts_tf.genotype import Edge
from darts_tf.models.network import Network
from darts_tf.penalty import Costs
from darts_tf.search.config import SearchConfig
from darts_tf.search_space.space import SearchSpace

# In the order in which `EdgeCosts` counts them.
_COUNTED = ('parameters', 'multiply_adds')


def candidate_costs(
  names: Collection[str],
  config: SearchConfig,
  space: SearchSpace,
  info: DatasetInfo,
) -> dict[str, Costs]:
  """Counts what candidates cost in networks of the size of the supernet.

  Args:
    names: the costs that are asked for, `parameters` and `multiply_adds`.
    config: as `resolve` returned it.
    space: the search space with the candidates of the stage.
    info: the data set.

  Returns:
    Cost to its numbers; `none` costs nothing.
  """
  if not names:
    return {}
  counted = EdgeCosts(
    space,
    lambda genotype: Network(
      genotype,
      info.image_shape,
      info.num_classes,
      config.channels,
      config.cells,
      config.stem,
    ),
    config.cells,
  )
  result = {}
  for name in names:
    position = _COUNTED.index(name)
    tables = {}
    for group, kind in space.groups(config.cells).items():
      table = np.zeros(space.candidate_mask(kind).shape)
      for edge, (source, target) in enumerate(space.topology.edges):
        for column, candidate in enumerate(space.candidates[kind][edge]):
          cost = counted.edges.get((group, Edge(candidate, source, target)))
          table[edge, column] = 0 if cost is None else cost[position]
      tables[group] = table
    result[name] = Costs(tables, counted.base[position])
  return result
