"""A named collection that says which names it knows."""

import contextlib
from collections.abc import Iterator
from typing import Generic, TypeVar

from darts_tf.config.errors import InputError, unknown_name

T = TypeVar('T')


class Registry(Generic[T]):
  """Names to values; an unknown name is answered with the known ones.

  Args:
    kind: what the names stand for, in the words of the flag that takes
      them, e.g. `search_space`.
  """

  def __init__(self, kind: str):
    self.kind = kind
    self._values: dict[str, T] = {}

  def register(self, name: str, value: T) -> T:
    """Adds a value under a name that must be new, and returns it."""
    if name in self._values:
      raise InputError(
        f'A {self.kind} of this name exists already; expected a new name.'
        f' Received: {self.kind}={name!r}'
      )
    self._values[name] = value
    return value

  @contextlib.contextmanager
  def scoped(self) -> Iterator[None]:
    """Forgets afterwards what is registered within."""
    before = dict(self._values)
    try:
      yield
    finally:
      self._values = before

  def __getitem__(self, name: str) -> T:
    if name not in self._values:
      raise unknown_name(self.kind, name, self._values)
    return self._values[name]

  def __contains__(self, name: object) -> bool:
    return name in self._values

  def __iter__(self) -> Iterator[str]:
    return iter(self._values)

  def __len__(self) -> int:
    return len(self._values)
