"""The measure by which a study judges architectures."""

import dataclasses
from typing import Any

from darts_tf.genotype import Genotype
from darts_tf.search.config import SearchConfig
from darts_tf.tabular.nas_bench_201 import (
  BenchmarkTable,
  check_space,
  column_of,
)


@dataclasses.dataclass(frozen=True)
class Truth:
  """Published accuracies if there is a table of them.

  Without a table, an architecture has no accuracy of its own before it is
  retrained. Then the accuracy of the supernet on the held-out images takes
  its place. This accuracy belongs to shared weights and mixed operations: it
  describes the search rather than the architecture.

  Args:
    table: the table, or `None`.
    dataset: its column.
  """

  table: BenchmarkTable | None = None
  dataset: str = 'cifar10'

  @classmethod
  def of(cls, config: SearchConfig) -> 'Truth':
    """Returns the measure that a configuration asks for.

    Raises:
      InputError: if the table cannot be read, or is of another space.
    """
    if config.benchmark_table is None:
      return cls()
    check_space(config.search_space, config.benchmark_table)
    return cls(
      BenchmarkTable.load(config.benchmark_table), column_of(config.dataset)
    )

  @property
  def measure(self) -> str:
    """`published_accuracy` or `supernet_validation_accuracy`."""
    return (
      'supernet_validation_accuracy'
      if self.table is None
      else 'published_accuracy'
    )

  def accuracy(self, line: dict[str, Any]) -> float | None:
    """Returns the accuracy in percent, `None` where it is not known.

    Args:
      line: with `genotype` and `validation_accuracy` in 0 to 1.
    """
    if self.table is not None:
      genotype = _genotype(line)
      # A table may hold a part of the space.
      return (
        self.table.accuracy(genotype, self.dataset)
        if genotype in self.table
        else None
      )
    value = line['validation_accuracy']
    return None if value is None else 100 * value

  def rank(self, line: dict[str, Any]) -> int | None:
    """Returns the rank in the table, `None` without one."""
    if self.table is None:
      return None
    return self.table.rank(_genotype(line), self.dataset)


def _genotype(line: dict[str, Any]) -> Genotype:
  return Genotype.from_dict(line['genotype'])
