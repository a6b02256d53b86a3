"""Files of reference numbers: their arrays, and the values compared."""

import fnmatch
import os
import pathlib
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np

from darts_tf.config.errors import InputError

_UNREADABLE = (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error)


class Value(NamedTuple):
  """A number or array that has been computed anew.

  Args:
    name: of the array of the file that it should equal.
    actual: the computed value.
    note: the way of computation, where there are several.
    expected: the value to equal, if not that array of the file.
    bound: of the error, where it is larger than usual by the nature of the
      array.
  """

  name: str
  actual: Any
  note: str = ''
  expected: np.ndarray | None = None
  bound: float = 0.0


class ReferenceFile(Mapping):
  """The arrays of a file.

  Args:
    path: of an npz file.

  Raises:
    InputError: if it cannot be read.
  """

  def __init__(self, path: str | os.PathLike):
    self.path = pathlib.Path(path)
    try:
      with np.load(path) as arrays:
        self._arrays = dict(arrays)
    except FileNotFoundError as error:
      raise InputError(
        f'There is no such file. Received: file={str(path)!r}'
      ) from error
    except (*_UNREADABLE, AttributeError, TypeError) as error:
      # A file of a single array has nothing to enter, and no names.
      raise InputError(
        'The file cannot be read; expected reference numbers in the form npz.'
        f' Received: file={str(path)!r}'
      ) from error

  def __getitem__(self, name: str) -> np.ndarray:
    """Returns an array that the file must have."""
    if name not in self._arrays:
      raise InputError(
        'The file lacks an array that its kind has; expected'
        f' {name!r}. Received: file={str(self.path)!r}'
      )
    return self._arrays[name]

  # Of `Mapping` it would be whether `__getitem__` raises a KeyError.
  def __contains__(self, name: object) -> bool:
    """Tells whether the file has an array."""
    return name in self._arrays

  def __iter__(self):
    """Iterates over the names of the arrays."""
    return iter(self._arrays)

  def __len__(self) -> int:
    """Returns the number of arrays."""
    return len(self._arrays)

  def under(self, prefix: str) -> dict[str, np.ndarray]:
    """Returns the arrays whose names begin alike, by the rest of the name."""
    return {
      name.removeprefix(prefix): array
      for name, array in self._arrays.items()
      if name.startswith(prefix)
    }

  def any(self, *patterns: str) -> bool:
    """Tells whether the name of an array is like one of these."""
    return bool(matching(self._arrays, patterns))


def matching(names: Iterable[str], patterns: Iterable[str]) -> list[str]:
  """Returns the names that are like a pattern, as `grad_w/*`."""
  patterns = tuple(patterns)
  return [
    name
    for name in names
    if any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)
  ]


def relative_error(actual: Any, expected: np.ndarray) -> float:
  """Returns the largest difference over the largest expected number.

  It is absolute where all expected numbers are 0, and infinite where shapes
  differ.
  """
  actual = np.asarray(actual)
  if actual.shape != expected.shape:
    return float('inf')
  if not actual.size:
    return 0.0
  actual, expected = (a.astype(np.float64) for a in (actual, expected))
  scale = np.abs(expected).max()
  return float(np.abs(actual - expected).max() / (scale if scale else 1.0))
