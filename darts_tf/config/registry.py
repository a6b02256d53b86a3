"""A named collection that says which names it knows."""

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, Generic, TypeVar

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


def given_options(
  registry: Registry[T],
  name: str,
  options: Mapping[str, Any],
  options_of: Callable[[T], Collection[str]],
) -> dict[str, Any]:
  """Returns the options that were given to a registered value.

  Args:
    registry: the values.
    name: of the value that the options are for.
    options: option to value; `None` where it was not given.
    options_of: the names of the options that a value has.

  Returns:
    The given options.

  Raises:
    InputError: if the name is unknown, or an option was given that the
      value does not have.
  """
  known = options_of(registry[name])
  given = {key: value for key, value in options.items() if value is not None}
  for key, value in given.items():
    if key not in known:
      owners = [n for n in registry if key in options_of(registry[n])]
      raise InputError(
        f'The option {key} does not belong to {registry.kind} {name!r};'
        f' expected it with {", ".join(owners) or f"no {registry.kind}"}.'
        f' Received: {key}={value!r}, {registry.kind}={name!r}'
      )
  return given
