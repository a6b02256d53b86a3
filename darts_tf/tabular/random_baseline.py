"""The result of random search in a table: drawn, and in expectation."""

import numbers
from typing import NamedTuple

import numpy as np

from darts_tf.config.errors import InputError


class RandomBaseline(NamedTuple):
  """Accuracies of architectures drawn at random, in percent.

  Args:
    num_samples: number of architectures drawn.
    mean: mean accuracy of those drawn.
    best: accuracy of the best of those drawn.
    expected_mean: expectation of `mean`, exact: the mean of the table.
    expected_best: expectation of `best`, exact.
  """

  num_samples: int
  mean: float
  best: float
  expected_mean: float
  expected_best: float


def expected_best(
  accuracies: np.ndarray, num_samples: int, replacement: bool = True
) -> float:
  """Returns the expected maximum of uniform draws from a table.

  With a_1 <= … <= a_N in order, the maximum of n draws is among the first i
  with probability F_i = (i / N)^n with replacement, and
  F_i = C(i, n) / C(N, n) = prod over j < n of (i - j) / (N - j) without;
  the expectation is the sum of a_i (F_i - F_{i-1}).

  Args:
    accuracies: (architectures,), in any order.
    num_samples: number of draws, n; 1 or more.
    replacement: whether one architecture may be drawn more than once.

  Returns:
    The expectation, exact up to rounding.

  Raises:
    InputError: if n is not a whole number of 1 or more, or, without
      replacement, greater than N.
  """
  total = len(accuracies)
  _check_samples(num_samples, total, replacement)
  count = np.arange(total + 1)
  if replacement:
    below = (count / total) ** num_samples
  else:
    below = np.ones(total + 1)
    for drawn in range(num_samples):
      below *= np.maximum(count - drawn, 0) / (total - drawn)
  return float(np.sort(accuracies) @ np.diff(below))


def draw_baseline(
  accuracies: np.ndarray,
  num_samples: int,
  seed: int | np.random.Generator = 0,
  replacement: bool = True,
) -> RandomBaseline:
  """Draws architectures uniformly; returns their mean and best.

  Args:
    accuracies: (architectures,), in percent.
    num_samples: number of draws, 1 or more.
    seed: of the draws, or the generator that makes them.
    replacement: whether one architecture may be drawn more than once.

  Returns:
    The accuracies that were drawn and their expectations.

  Raises:
    InputError: see `expected_best`.
  """
  best = expected_best(accuracies, num_samples, replacement)
  drawn = np.random.default_rng(seed).choice(
    accuracies, num_samples, replace=replacement
  )
  return RandomBaseline(
    num_samples=int(num_samples),
    mean=float(drawn.mean()),
    best=float(drawn.max()),
    expected_mean=float(np.mean(accuracies)),
    expected_best=best,
  )


def _check_samples(num_samples: int, total: int, replacement: bool) -> None:
  whole = isinstance(num_samples, numbers.Integral) and not isinstance(
    num_samples, bool
  )
  if not whole or num_samples < 1:
    raise InputError(
      'Not a number of samples; expected a whole number of 1 or more.'
      f' Received: num_samples={num_samples!r}'
    )
  if not replacement and num_samples > total:
    raise InputError(
      'More samples without replacement than architectures in the table;'
      f' expected at most {total}. Received: num_samples={num_samples!r}'
    )
