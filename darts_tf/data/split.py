"""Seeded splits that keep the proportions of the classes."""

import numpy as np

from darts_tf.config.errors import InputError


def stratified_split(
  labels: np.ndarray, fraction: float, seed: int
) -> tuple[np.ndarray, np.ndarray]:
  """Splits examples in two parts with the same proportions of classes.

  The first part has exactly `round(fraction * n)` examples. A class with
  `n_k` examples gives it `fraction * n_k` of them, rounded so that the sum
  is exact (largest remainders first); where the sizes allow it, each part
  has an example of every class. The choice depends on the labels,
  `fraction` and `seed` alone, and not on the NumPy version: it uses the raw
  output of the Philox generator, which NumPy keeps unchanged.

  Args:
    labels: integer labels of shape (n,).
    fraction: share of the first part, in the open interval (0, 1).
    seed: non-negative seed of the choice.

  Returns:
    Indices of the first and of the second part, each sorted, int64.

  Raises:
    InputError: if an argument is out of range or a class has fewer than two
      examples.
  """
  labels = np.asarray(labels)
  if labels.ndim != 1 or labels.size == 0:
    raise InputError(
      'A split needs a non-empty vector of labels; expected shape (n,).'
      f' Received: labels.shape={labels.shape}'
    )
  if not 0 < fraction < 1:
    raise InputError(
      'The share of a split is out of range; expected 0 < fraction < 1.'
      f' Received: fraction={fraction}'
    )
  if seed < 0:
    raise InputError(
      f'A seed is negative; expected 0 or more. Received: seed={seed}'
    )
  classes, counts = np.unique(labels, return_counts=True)
  if counts.min() < 2:
    rare = classes[counts.argmin()]
    raise InputError(
      'A class is too small to be split; expected 2 examples or more of'
      f' every class. Received: 1 example of class {rare}'
    )
  taken = _shares(counts, fraction, round(fraction * labels.size))
  # A random order of all examples; the first of each class are taken.
  keys = np.random.Philox(seed).random_raw(labels.size)
  order = np.argsort(keys, kind='stable')
  first = np.concatenate(
    [
      order[labels[order] == label][:count]
      for label, count in zip(classes, taken, strict=True)
    ]
  )
  in_first = np.zeros(labels.size, bool)
  in_first[first] = True
  return np.flatnonzero(in_first), np.flatnonzero(~in_first)


def _shares(counts: np.ndarray, fraction: float, total: int) -> np.ndarray:
  """Returns the examples of each class in the first part; sums to total."""
  exact = counts * fraction
  covers_all = len(counts) <= total <= counts.sum() - len(counts)
  low = np.full(len(counts), 1 if covers_all else 0)
  high = counts - low
  taken = np.clip(np.floor(exact).astype(int), low, high)
  while taken.sum() < total:
    need = np.where(taken < high, exact - taken, -np.inf)
    taken[need.argmax()] += 1
  while taken.sum() > total:
    excess = np.where(taken > low, taken - exact, -np.inf)
    taken[excess.argmax()] -= 1
  return taken
