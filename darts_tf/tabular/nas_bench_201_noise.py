"""The noise of training: accuracies of cells that are the same function."""

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from darts_tf.tabular.nas_bench_201_unique import canonical_form


class Spread(NamedTuple):
  """Accuracies of the strings of one function, in percent.

  Args:
    count: number of those strings in the table.
    min: the least accuracy.
    mean: the mean accuracy.
    max: the greatest accuracy.
  """

  count: int
  min: float
  mean: float
  max: float


def isomorphism_classes(architectures: Iterable[str]) -> dict[str, list[int]]:
  """Returns the positions of the strings of each `canonical_form`."""
  classes: dict[str, list[int]] = {}
  for row, architecture in enumerate(architectures):
    classes.setdefault(canonical_form(architecture), []).append(row)
  return classes


def pooled_deviation(
  values: np.ndarray, classes: Iterable[Sequence[int]], least: float
) -> float:
  """Returns the standard deviation within classes, pooled over classes.

  With values a_ci of class c, of mean m_c and size n_c, it is the square
  root of sum_c sum_i (a_ci - m_c)^2 / sum_c (n_c - 1).

  Args:
    values: (architectures,).
    classes: the positions of the members of each class.
    least: only classes of at least this mean count.

  Returns:
    The deviation; `nan` if no class that counts has two members.
  """
  squares, freedom = 0.0, 0
  for rows in classes:
    members = values[rows]
    if members.mean() >= least:
      squares += float(((members - members.mean()) ** 2).sum())
      freedom += len(rows) - 1
  return math.sqrt(squares / freedom) if freedom else math.nan
