"""Differentiable search: alphas are trained along with shared weights."""

import os
from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from darts_tf.data import ImageData
from darts_tf.discretize.most_likely import Limit, check_limits
from darts_tf.genotype import Genotype
from darts_tf.search import SearchConfig, SearchResult, run_search
from darts_tf.search.builder import example_genotype
from darts_tf.search.composition import compose
from darts_tf.search.config import added_defaults
from darts_tf.search.resolve import resolve
from darts_tf.search_space.space import search_spaces
from darts_tf.strategies.strategy import (
  SearchStrategy,
  register_search_strategy,
)


class Differentiable(SearchStrategy):
  """The strategy of all methods in `darts_tf.methods` (arXiv:1806.09055)."""

  name = 'differentiable'
  config = SearchConfig

  def resolve(self, config: SearchConfig) -> SearchConfig:
    """See the base class."""
    return resolve(config)

  def example(self, config: SearchConfig) -> Genotype:
    """Returns the architecture of equal mixing weights."""
    return example_genotype(config)

  def check_limits(
    self, config: SearchConfig, limits: Sequence[Limit], num_cells: int
  ) -> None:
    """See the base class."""
    check_limits(
      search_spaces[config.search_space].whole(),
      limits,
      num_cells,
      config.discretization,
    )

  def search(
    self,
    config: SearchConfig,
    workdir: str | os.PathLike,
    data: ImageData | None = None,
    verbose: bool = True,
    strategy: tf.distribute.Strategy | None = None,
  ) -> SearchResult:
    """See the base class."""
    return run_search(config, workdir, data, verbose, strategy)

  def describe(self, config: SearchConfig) -> list[str]:
    """Names the method and its parts."""
    composition = compose(config)
    lines = [f'{composition.method.name} ({composition.method.reference})']
    for kind in (
      'relaxation',
      'penalties',
      'form',
      'step',
      'stop',
      'selection',
    ):
      parts = composition.parts(kind)
      shown = ', '.join(part.describe() for part in parts) or 'none'
      lines.append(f'{kind}: {shown}')
    return lines

  def added_defaults(self) -> dict[str, Any]:
    """See the base class."""
    return added_defaults()


register_search_strategy(Differentiable())
