"""Parts: the values on the axes of a method, whose fields are options."""

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, TypeVar

from darts_tf.config.errors import InputError, unknown_name
from darts_tf.config.options import Options, option_types, parse_option
from darts_tf.config.registry import Registry


@dataclasses.dataclass(frozen=True)
class Part(Options):
  """One choice on an axis of a method; its fields are its options.

  Parts are immutable values: what changes during a search is held in
  variables that the search makes for them.

  Attributes:
    name: the name of the part on its axis.
  """

  name: ClassVar[str]

  def describe(self) -> str:
    """Returns the name, and in brackets the options, for people."""
    shown = [
      f'{name} {shown_value(value)}'
      for name, value in self.to_dict().items()
      if value is not None
    ]
    return f'{self.name} ({", ".join(shown)})' if shown else self.name


P = TypeVar('P', bound=Part)


class Axis(Registry[type[P]]):
  """The parts that can be chosen on one axis, by name.

  Args:
    kind: the axis, in the words of the flag that takes its names.
    listed: whether a method may have several parts on this axis.
  """

  def __init__(self, kind: str, listed: bool = False):
    super().__init__(kind)
    self.listed = listed

  def add(self, part: type[P]) -> type[P]:
    """Registers a class under its `name`; serves as a decorator."""
    return self.register(part.name, part)

  def make(self, text: str, own: Iterable[P] = ()) -> P:
    """Makes a part of `name` or `name:option=value:option=value`.

    Args:
      text: name and options.
      own: parts whose options are the defaults of a part of their name.

    Returns:
      The part; options that are not given have their defaults.

    Raises:
      InputError: if the name or an option is unknown, or a value cannot be
        used.
    """
    name, *pairs = text.split(':')
    part, values = self[name], {}
    hints = option_types(part)
    for pair in pairs:
      key, equals, value = pair.partition('=')
      if not equals or not value or key in values:
        raise InputError(
          f'An option of {self.kind} {name!r} has another form or is'
          ' repeated; expected name:option=value:option=value. Received:'
          f' {pair!r} in {self.kind}={text!r}'
        )
      if key not in hints:
        raise unknown_name(f'option of {name}', key, hints)
      values[key] = parse_option(key, hints[key], value)
    for base in own:
      if base.name == name:
        return base.replace(**values)
    return part(**values)

  def configured(self, name: str, options: Mapping[str, Any]) -> P:
    """Makes a part with some of its options changed.

    Args:
      name: of the part.
      options: option to value; `None` leaves the default.

    Returns:
      The part.

    Raises:
      InputError: if the name is unknown, the part has no such option, or a
        value cannot be used.
    """
    part = self[name]
    given = {key: v for key, v in options.items() if v is not None}
    for key, value in given.items():
      if not has(part, key):
        raise self.unused(key, value, name)
    return part(**given)

  def unused(self, key: str, value: Any, name: str) -> InputError:
    """Returns the error for an option that the chosen parts do not have.

    Args:
      key: the option.
      value: its value.
      name: of the chosen part, or parts.
    """
    owners = ', '.join(self.owners(key)) or f'no {self.kind}'
    return InputError(
      f'The option {key} does not belong to {self.kind} {name!r}; expected it'
      f' with {owners}. Received: {key}={value!r}, {self.kind}={name!r}'
    )

  def make_all(self, text: str, own: Iterable[P] = ()) -> tuple[P, ...]:
    """Makes several parts of a comma-separated list; `none` for no part."""
    if text == 'none':
      return ()
    made = tuple(self.make(each, own) for each in text.split(','))
    names = [part.name for part in made]
    for name in names:
      if names.count(name) > 1:
        raise InputError(
          f'A part is repeated; expected each of {self.kind} once.'
          f' Received: {self.kind}={text!r}'
        )
    return made

  def owners(self, key: str) -> list[str]:
    """Returns the names of the parts that have an option."""
    return [name for name, part in self._values.items() if has(part, key)]


def has(part: Part | type[Part], key: str) -> bool:
  """Tells whether a part has an option."""
  return any(field.name == key for field in dataclasses.fields(part))


def with_options(part: P, given: Mapping[str, Any]) -> P:
  """Returns a part with those of the given options that it has."""
  own = {key: value for key, value in given.items() if has(part, key)}
  return part.replace(**own) if own else part


def part_fields(
  axes: Iterable[Axis],
) -> list[tuple[str, Any, dataclasses.Field]]:
  """Collects the options of all parts on some axes, as optional fields.

  Parts of one axis may share an option; `None`, the default, leaves it to
  the part.

  Args:
    axes: the axes.

  Returns:
    Name, type and field of each option, as `dataclasses.make_dataclass`
    takes them.

  Raises:
    TypeError: if two axes have an option of the same name.
  """
  found: dict[str, tuple[str, Any, dataclasses.Field]] = {}
  kinds: dict[str, str] = {}
  for axis in axes:
    for part in map(axis.__getitem__, axis):
      hints = option_types(part)
      for field in dataclasses.fields(part):
        if not field.metadata.get('flag', True):
          continue
        name = field.name
        if kinds.setdefault(name, axis.kind) != axis.kind:
          raise TypeError(
            f'{kinds[name]} and {axis.kind} both have the option {name}.'
          )
        if name not in found:
          help_text = (
            f'{field.metadata["help"]} For {axis.kind}'
            f' {", ".join(axis.owners(name))}; by default'
            f' {shown_value(field.default)}.'
          )
          metadata = {**field.metadata, 'help': help_text}
          found[name] = (
            name,
            hints[name] | None,
            dataclasses.field(default=None, metadata=metadata),
          )
  return list(found.values())


def shown_value(value: Any) -> str:
  """Returns the value of an option as people and flags write it."""
  if isinstance(value, bool):
    return str(value).lower()
  return f'{value:g}' if isinstance(value, int | float) else str(value)
