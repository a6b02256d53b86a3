"""Search strategies: ways from data to an architecture."""

from darts_tf.strategies.differentiable import Differentiable
from darts_tf.strategies.random_config import RandomSearchConfig
from darts_tf.strategies.random_search import RandomSearch, run_random_search
from darts_tf.strategies.strategy import (
  Found,
  SearchStrategy,
  register_search_strategy,
  search_strategies,
  strategy_of,
)

__all__ = [
  'Differentiable',
  'Found',
  'RandomSearch',
  'RandomSearchConfig',
  'SearchStrategy',
  'run_random_search',
  'register_search_strategy',
  'search_strategies',
  'strategy_of',
]
