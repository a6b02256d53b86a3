"""Random search: the baseline that a search has to beat."""

from darts_tf.random_search.config import RandomSearchConfig
from darts_tf.random_search.run import RandomSearchResult, random_search

__all__ = ['RandomSearchConfig', 'RandomSearchResult', 'random_search']
