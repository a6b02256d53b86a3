"""Measurements after an epoch, besides losses and accuracies."""

from collections.abc import Callable
from typing import Any

from darts_tf.analysis import AlphaHessian
from darts_tf.distribution.run_data import distribute_batch
from darts_tf.search.parts import SearchParts
from darts_tf.search.record import current_genotype
from darts_tf.tabular.nas_bench_201 import (
  BenchmarkTable,
  check_space,
  column_of,
)

# observe(epoch) -> metrics of the epoch, by name.
Observer = Callable[[int], dict[str, Any]]


def make_observers(parts: SearchParts) -> list[Observer]:
  """Returns what the configuration asks to measure.

  Args:
    parts: the search.

  Raises:
    InputError: if a benchmark table cannot be read, or is of another
      search space.
  """
  config, observers = parts.config, []
  if config.eigenvalue_every:
    observers.append(Eigenvalue(parts))
  if config.benchmark_table is not None:
    observers.append(PublishedAccuracy(parts))
  return observers


class Eigenvalue:
  """The largest eigenvalue of d2L_V/dalpha2 (arXiv:1909.09656).

  It is that of the first held-out batch, the same after each epoch, with
  the normalization of training. Its growth precedes the collapse of a
  search.

  Args:
    parts: the search.
  """

  def __init__(self, parts: SearchParts):
    self._config = parts.config
    # Where fewer images are held out than fill a batch, the last is repeated.
    images, labels, _ = next(iter(parts.evaluation))
    problem = parts.step.problem(
      parts.supernet.non_trainable_variables
    ).precise()
    self._batch = distribute_batch((images, labels), parts.strategy)
    architecture = parts.architecture
    self._hessian = AlphaHessian(
      problem,
      parts.supernet.trainable_variables,
      list(architecture.parameters.values()),
      list(architecture.exists.values()),
      parts.strategy,
    )

  def __call__(self, epoch: int) -> dict[str, Any]:
    """Returns `eigenvalue`, in the epochs that it is asked for."""
    if (epoch + 1) % self._config.eigenvalue_every:
      return {}
    return {
      'eigenvalue': self._hessian.dominant_eigenvalue(
        self._batch, self._config.eigenvalue_method
      )
    }


class PublishedAccuracy:
  """The published accuracy and rank of the current architecture.

  Of CIFAR-10, or, if the search is on another data set of the table, of
  that one.

  Args:
    parts: the search, in the space of the table.
  """

  def __init__(self, parts: SearchParts):
    config = parts.config
    check_space(parts.space.name, config.benchmark_table)
    self._parts = parts
    self._table = BenchmarkTable.load(config.benchmark_table)
    self._dataset = column_of(config.dataset)

  def __call__(self, epoch: int) -> dict[str, Any]:
    """Returns `published_accuracy`, in percent, and `published_rank`.

    Nothing, if the table holds a part of the space that lacks the
    architecture.
    """
    del epoch
    genotype = current_genotype(self._parts)
    if genotype not in self._table:
      return {}
    return {
      'published_accuracy': self._table.accuracy(genotype, self._dataset),
      'published_rank': self._table.rank(genotype, self._dataset),
    }
