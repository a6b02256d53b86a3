"""The search loop."""

from darts_tf.search.config import SearchConfig
from darts_tf.search.loop import SearchResult, run_search

__all__ = ['SearchConfig', 'SearchResult', 'run_search']
