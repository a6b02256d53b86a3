"""The interface of search strategies, and their results."""

import abc
import os
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Protocol

import numpy as np
import tensorflow as tf

from darts_tf.config.errors import unknown_name
from darts_tf.config.registry import Registry
from darts_tf.data import DatasetInfo, ImageData
from darts_tf.discretize.most_likely import Limit
from darts_tf.genotype import Genotype
from darts_tf.runs.run_config import RunConfig
from darts_tf.runs.workdir import WorkDir
from darts_tf.search_space.space import SearchSpace


class Found(Protocol):
  """The result of a search by any strategy.

  Attributes:
    genotype: the architecture.
    space: the search space, with the candidates of the end.
    metrics: one mapping an epoch or an architecture, with `seconds`.
    history: group to mixing weights in the course of the search; empty
      where a strategy has none.
    stages: of the supernet; empty where there is none.
    validation_accuracy: of `genotype` as the search has judged it, in 0 to
      1; `None` if it has not.
    config: the resolved options.
    info: the data set.
    workdir: the directory of all files; `None` on a worker that is not the
      chief.
  """

  genotype: Genotype
  space: SearchSpace
  metrics: list[dict[str, Any]]
  history: Mapping[str, np.ndarray]
  stages: Sequence[Any]
  config: RunConfig
  info: DatasetInfo
  workdir: WorkDir | None

  @property
  def validation_accuracy(self) -> float | None:
    """See the attributes."""

  def within(self, limits: Sequence[Limit], num_cells: int) -> Genotype:
    """Returns the best architecture found within limits.

    Args:
      limits: limits on its cost; without any, it is `genotype`.
      num_cells: number of cells of the network that is to have it.

    Raises:
      InputError: if there is none.
    """


class SearchStrategy(abc.ABC):
  """A way from data to an architecture.

  The surroundings of a run are in `darts_tf.distribution.run_context`.

  Attributes:
    name: name of the strategy.
    config: the class of its options, by which a strategy is chosen.
  """

  name: ClassVar[str]
  config: ClassVar[type[RunConfig]]

  @abc.abstractmethod
  def resolve(self, config: RunConfig) -> RunConfig:
    """Fills in defaults and validates options.

    Args:
      config: the options as given.

    Raises:
      InputError: if an option cannot be used.
    """

  @abc.abstractmethod
  def example(self, config: RunConfig) -> Genotype:
    """Returns an architecture that a search could find, without searching.

    Args:
      config: as `resolve` returned it.
    """

  @abc.abstractmethod
  def check_limits(
    self, config: RunConfig, limits: Sequence[Limit], num_cells: int
  ) -> None:
    """Raises `InputError` if no search could end within limits.

    Args:
      config: as `resolve` returned it.
      limits: limits on the cost of architectures.
      num_cells: see `Found.within`.
    """

  @abc.abstractmethod
  def search(
    self,
    config: RunConfig,
    workdir: str | os.PathLike,
    data: ImageData | None = None,
    verbose: bool = True,
    strategy: tf.distribute.Strategy | None = None,
  ) -> Found:
    """Searches, or continues a search.

    Args:
      config: the options.
      workdir: the run's directory; a run that was stopped in it is
        continued and gives the same result as an uninterrupted one.
      data: the images; those of `config.dataset` by default.
      verbose: whether the course is printed.
      strategy: distributes the run over devices; that of the options by
        default.

    Raises:
      InputError: if an option cannot be used.
      RunStateError: if the directory belongs to another run.
    """

  def describe(self, config: RunConfig) -> list[str]:
    """Returns a description of the run in lines, for people.

    Args:
      config: the options as given.
    """
    del config
    return [self.name]

  def added_defaults(self) -> dict[str, Any]:
    """Returns options that recorded runs may lack; see `WorkDir.pin`."""
    return {}


search_strategies: Registry[SearchStrategy] = Registry('search_strategy')


def register_search_strategy(strategy: SearchStrategy) -> SearchStrategy:
  """Makes a search strategy known by its name."""
  return search_strategies.register(strategy.name, strategy)


def strategy_of(config: RunConfig) -> SearchStrategy:
  """Returns the search strategy that has options of this class."""
  for name in search_strategies:
    if type(config) is search_strategies[name].config:
      return search_strategies[name]
  raise unknown_name(
    'class of search options',
    type(config).__name__,
    [search_strategies[n].config.__name__ for n in search_strategies],
  )
