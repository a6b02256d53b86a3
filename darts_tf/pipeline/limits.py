"""Limits on the cost of the architectures that are derived."""

import dataclasses
from collections.abc import Sequence

from darts_tf.analysis.edge_costs import EdgeCosts
from darts_tf.config.options import Options, option
from darts_tf.data import DatasetInfo
from darts_tf.discretize.most_likely import Limit
from darts_tf.genotype import Genotype
from darts_tf.search_space import SearchSpace
from darts_tf.training.build import build_network
from darts_tf.training.config import TrainConfig


@dataclasses.dataclass(frozen=True)
class LimitConfig(Options):
  """Limits on the cost of an architecture; see the `help` of each option."""

  max_parameters: float | None = option(
    None,
    'Most parameters that the retrained network may have, say 3.5e6;'
    ' an auxiliary classifier does not count.',
    least=1,
  )
  max_multiply_adds: float | None = option(
    None,
    'Most multiply-additions of an image that it may have, say 600e6.',
    least=1,
  )


def cost_limits(
  config: LimitConfig,
  space: SearchSpace,
  train_config: TrainConfig,
  info: DatasetInfo,
) -> list[Limit]:
  """Returns the limits that are set, for networks of one size.

  Args:
    config: the limits.
    space: the search space, with all candidates in question.
    train_config: options of retraining, which set the size of networks.
    info: the data set.
  """
  values = config.to_dict()
  if all(value is None for value in values.values()):
    return []
  train_config = train_config.replace(auxiliary=False)
  costs = EdgeCosts(
    space,
    lambda genotype: build_network(train_config, genotype, info),
    train_config.cells,
  )
  return costs.limits(**values)


def comparison(
  derived: Genotype, chosen: Genotype, limits: Sequence[Limit]
) -> str:
  """Describes in one line the costs that the limits have changed."""
  return 'Within limits  ' + ', '.join(
    f'{limit.name} {limit.cost(chosen):,.0f} instead of'
    f' {limit.cost(derived):,.0f}, at most {limit.largest:,.0f}'
    for limit in limits
  )
