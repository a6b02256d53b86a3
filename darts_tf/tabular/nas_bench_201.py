"""NAS-Bench-201: the accuracy of every cell of a space (arXiv:2001.00326).

All 15,625 cells of the space `nas_bench_201` were trained; the table of their
accuracies says how good the result of a search is without training it.
"""

import functools
import math
import numbers
from collections.abc import Sequence

import numpy as np

from darts_tf.config.errors import InputError, unknown_name
from darts_tf.genotype import Genotype
from darts_tf.runs.atomic import Path
from darts_tf.tabular.nas_bench_201_csv import COLUMNS, read_accuracies
from darts_tf.tabular.nas_bench_201_noise import (
  Spread,
  isomorphism_classes,
  pooled_deviation,
)
from darts_tf.tabular.nas_bench_201_unique import (
  ZERO,
  architecture_string,
  canonical_form,
)
from darts_tf.tabular.random_baseline import (
  RandomBaseline,
  draw_baseline,
  expected_best,
)

DATASETS = tuple(COLUMNS)
ALL_SKIP = (
  '|skip_connect~0|+|skip_connect~0|skip_connect~1|'
  '+|skip_connect~0|skip_connect~1|skip_connect~2|'
)


class BenchmarkTable:
  """Test accuracies of architectures, by data set.

  Architectures are given as a `Genotype` of the space `nas_bench_201` or as
  its string, data sets by a name in `DATASETS`. A table may hold a part of
  the space; ranks and expectations are then those within the table.

  Args:
    architectures: NAS-Bench-201 strings, each once.
    accuracies: (architectures, data sets), in percent, in the order of
      `DATASETS`.
  """

  def __init__(self, architectures: Sequence[str], accuracies: np.ndarray):
    self.architectures = tuple(architectures)
    self._accuracies = np.asarray(accuracies, np.float64)
    self._sorted = np.sort(self._accuracies, axis=0)
    self._rows = {name: row for row, name in enumerate(self.architectures)}

  @classmethod
  def load(cls, path: Path) -> 'BenchmarkTable':
    """Reads a table from a CSV file; see `read_accuracies`.

    Raises:
      InputError: if the file is missing or is not such a table.
    """
    return cls(*read_accuracies(path))

  def __len__(self) -> int:
    return len(self.architectures)

  def __contains__(self, genotype: Genotype | str) -> bool:
    return architecture_string(genotype) in self._rows

  def accuracy(
    self, genotype: Genotype | str, dataset: str = 'cifar10'
  ) -> float:
    """Returns the test accuracy of an architecture, in percent.

    Raises:
      InputError: if the architecture is malformed or not in the table, or
        the data set is unknown.
    """
    column = _column(dataset)
    architecture = architecture_string(genotype)
    if architecture not in self._rows:
      raise _absent(architecture, len(self))
    return float(self._accuracies[self._rows[architecture], column])

  def rank(self, genotype: Genotype | str, dataset: str = 'cifar10') -> int:
    """Returns 1 + the number of architectures of greater accuracy.

    Raises:
      InputError: as `accuracy`.
    """
    accuracy = self.accuracy(genotype, dataset)
    not_greater = np.searchsorted(
      self._sorted[:, _column(dataset)], accuracy, side='right'
    )
    return 1 + len(self) - int(not_greater)

  def best(self, dataset: str = 'cifar10') -> tuple[str, float]:
    """Returns the architecture of rank 1, and its accuracy in percent.

    Of several it is the first in the table.

    Raises:
      InputError: if the data set is unknown.
    """
    values = self._accuracies[:, _column(dataset)]
    row = int(values.argmax())
    return self.architectures[row], float(values[row])

  def threshold(self, top: float, dataset: str = 'cifar10') -> float:
    """Returns the accuracy that the best part of the table reaches.

    It is the accuracy of the k-th best of N, k = ceil(top N): an
    architecture is among the top 3 % if it has `threshold(0.03)` or more.

    Args:
      top: the part of the table, above 0 and at most 1.
      dataset: a name in `DATASETS`.

    Raises:
      InputError: if `top` is out of range or the data set is unknown.
    """
    if not isinstance(top, numbers.Real) or not 0 < top <= 1:
      raise InputError(
        'Not a part of the table; expected a number above 0 and at most 1.'
        f' Received: top={top!r}'
      )
    # 0.07 * 100 is a little more than 7 in floating point.
    place = math.ceil(round(top * len(self), 6)) or 1
    return float(self._sorted[-place, _column(dataset)])

  def expected_best(
    self, num_samples: int, dataset: str = 'cifar10', replacement: bool = True
  ) -> float:
    """Returns the expected best of uniform draws, exactly, in percent.

    See `random_baseline.expected_best`. The best is told by test accuracy,
    which no search sees: it is the most that random search can expect.

    Raises:
      InputError: if the number of samples or the data set cannot be used.
    """
    return expected_best(
      self._accuracies[:, _column(dataset)], num_samples, replacement
    )

  def random_baseline(
    self,
    num_samples: int,
    seed: int | np.random.Generator = 0,
    dataset: str = 'cifar10',
    replacement: bool = True,
  ) -> RandomBaseline:
    """Draws architectures uniformly; returns mean, best, expectations.

    Raises:
      InputError: if the number of samples or the data set cannot be used.
    """
    return draw_baseline(
      self._accuracies[:, _column(dataset)], num_samples, seed, replacement
    )

  def isomorphic(self, genotype: Genotype | str) -> list[str]:
    """Returns the strings in the table of the same `canonical_form`.

    Raises:
      InputError: if the architecture is malformed.
    """
    rows = self._classes.get(canonical_form(genotype), [])
    return [self.architectures[row] for row in rows]

  def spread(
    self, genotype: Genotype | str, dataset: str = 'cifar10'
  ) -> Spread:
    """Returns the accuracies of all strings of the same function.

    They were trained separately, so that they differ by the noise of
    training. The architecture itself need not be in the table.

    Raises:
      InputError: if the architecture is malformed, no string of the same
        function is in the table, or the data set is unknown.
    """
    column = _column(dataset)
    rows = self._classes.get(canonical_form(genotype))
    if not rows:
      raise _absent(architecture_string(genotype), len(self))
    values = self._accuracies[rows, column]
    return Spread(
      len(rows), float(values.min()), float(values.mean()), float(values.max())
    )

  def noise(self, dataset: str = 'cifar10', least: float = 0.0) -> float:
    """Returns the standard deviation among strings of one function.

    See `pooled_deviation`. Cells whose output does not depend on their input
    have no part in it: all are at chance level.

    Args:
      dataset: a name in `DATASETS`.
      least: only classes with at least this mean accuracy count, in percent.

    Returns:
      The standard deviation in percent, `nan` without such classes.

    Raises:
      InputError: if the data set is unknown.
    """
    values = self._accuracies[:, _column(dataset)]
    classes = [rows for form, rows in self._classes.items() if form != ZERO]
    return pooled_deviation(values, classes, least)

  @functools.cached_property
  def _classes(self) -> dict[str, list[int]]:
    # Half a second for the whole space, which look-ups do not need.
    return isomorphism_classes(self.architectures)


def check_space(search_space: str, benchmark_table: str) -> None:
  """Raises `InputError` unless the table can be of a search space."""
  if search_space != 'nas_bench_201':
    raise InputError(
      'There is no table of published accuracies for this search space;'
      ' expected search_space=nas_bench_201. Received: search_space='
      f'{search_space!r}, benchmark_table={benchmark_table!r}'
    )


def column_of(dataset: str) -> str:
  """The column by which searches on a data set are judged.

  Its own, or that of CIFAR-10 if the table has none.
  """
  return dataset if dataset in DATASETS else 'cifar10'


def _column(dataset: str) -> int:
  if dataset not in DATASETS:
    raise unknown_name('dataset', dataset, DATASETS)
  return DATASETS.index(dataset)


def _absent(architecture: str, size: int) -> InputError:
  return InputError(
    'The architecture is not in the benchmark table; expected one of its'
    f' {size}. Received: architecture={architecture!r}'
  )
