"""Configurations: dataclasses whose fields are also flags."""

import dataclasses
import math
import types
import typing
from collections.abc import Collection, Mapping
from typing import Any

from absl import flags

from darts_tf.config.errors import InputError, unknown_name


def option(
  default: Any,
  help: str,
  choices: Collection[str] = (),
  least: float | None = None,
  below: float | None = None,
  pinned: bool = True,
  base: Any = None,
  flag: bool | str = True,
) -> Any:
  """A field of a configuration.

  Args:
    default: its value when none is given; `None` where the value depends
      on other options.
    help: one line for `--help`.
    choices: the valid values, if they are few and known beforehand.
    least: smallest valid number.
    below: numbers must be smaller than this.
    pinned: whether the option changes the result of a run, so that a run
      can only be continued with the same value.
    base: the value of an option that methods have defaults for, where the
      method has none; the field's own default is then `None`.
    flag: the name of its flag, if that is not the option's; `False` for an
      option of a part that has no flag of its own and is given with the
      part, as `name:option=value`.

  Returns:
    A dataclass field.
  """
  return dataclasses.field(
    default=default,
    metadata={
      'help': help,
      'choices': tuple(choices),
      'least': least,
      'below': below,
      'pinned': pinned,
      'base': base,
      'flag': flag,
    },
  )


def option_types(config: type) -> dict[str, type]:
  """Returns the type of each option of a configuration, without `None`."""
  hints = typing.get_type_hints(config)
  return {
    field.name: _without_none(hints[field.name])
    for field in dataclasses.fields(config)
  }


def _without_none(hint: Any) -> type:
  if isinstance(hint, types.UnionType):
    return next(t for t in typing.get_args(hint) if t is not type(None))
  return hint


_BOOLEANS = {'true': True, 'false': False}


def parse_option(name: str, kind: type, text: str, where: str = '') -> Any:
  """Reads the value of an option from text, as flags do.

  Args:
    name: of the option.
    kind: its type: `bool`, `int`, `float` or `str`.
    text: the value.
    where: what the message adds to `Received: name=text`.

  Returns:
    The value.

  Raises:
    InputError: if the text is not of that type, or not finite.
  """
  received = f'{name}={text!r}{where}'
  try:
    value = _BOOLEANS[text.lower()] if kind is bool else kind(text)
  except (KeyError, ValueError) as error:
    expected = {
      bool: 'true or false',
      int: 'a whole number',
      float: 'a number',
    }[kind]
    raise InputError(
      f'The option {name} has a value of another type; expected'
      f' {expected}. Received: {received}'
    ) from error
  if kind is float and not math.isfinite(value):
    raise InputError(
      f'The option {name} is not a finite number. Received: {received}'
    )
  return value


def _check(field: dataclasses.Field, value: Any, suffix: str = '') -> None:
  """Raises `InputError` unless a value obeys the rules of its field."""
  rules = field.metadata
  if value is None or not rules:
    return
  if rules['choices'] and value not in rules['choices']:
    raise unknown_name(field.name, value, rules['choices'])
  low, high = rules['least'], rules['below']
  if low is not None and not value >= low:
    raise InputError(
      f'The option {field.name} is too small: expected at least {low}.'
      f' Received: {field.name}={value!r}{suffix}'
    )
  if high is not None and not value < high:
    raise InputError(
      f'The option {field.name} is too large: expected less than {high}.'
      f' Received: {field.name}={value!r}{suffix}'
    )


@dataclasses.dataclass(frozen=True)
class Options:
  """Base of configurations; checks its values when it is made."""

  def __post_init__(self):
    for field in dataclasses.fields(self):
      _check(field, getattr(self, field.name))

  def replace(self, **changes: Any) -> 'Options':
    """Returns a copy with some values changed."""
    return dataclasses.replace(self, **changes)

  def to_dict(self) -> dict[str, Any]:
    """All values by name."""
    return dataclasses.asdict(self)

  def pinned(self) -> dict[str, Any]:
    """The values that change the result."""
    return {
      f.name: getattr(self, f.name)
      for f in dataclasses.fields(self)
      if not f.metadata or f.metadata['pinned']
    }


def define_flags(
  config: type[Options],
  prefix: str = '',
  skip: Collection[str] = (),
  defaults: Mapping[str, Any] | None = None,
) -> None:
  """Defines a flag for each option of a configuration.

  Args:
    config: the configuration's class.
    prefix: put before each name.
    skip: options without a flag.
    defaults: values that replace the class' own.
  """
  hints = option_types(config)
  for field in dataclasses.fields(config):
    if field.name in skip:
      continue
    default = (defaults or {}).get(field.name, field.default)
    name, rules = prefix + flag_name(field), field.metadata
    if rules['choices']:
      flags.DEFINE_enum(name, default, list(rules['choices']), rules['help'])
      continue
    define = {
      bool: flags.DEFINE_boolean,
      int: flags.DEFINE_integer,
      float: flags.DEFINE_float,
      str: flags.DEFINE_string,
    }
    define[hints[field.name]](name, default, rules['help'])


def flag_name(field: dataclasses.Field) -> str:
  """Returns the name of the flag of an option, without a prefix."""
  flag = field.metadata.get('flag')
  return flag if isinstance(flag, str) else field.name


def config_from_flags(
  config: type[Options],
  prefix: str = '',
  skip: Collection[str] = (),
  shared: Collection[str] = (),
  **values: Any,
) -> Any:
  """Makes a configuration from the flags that `define_flags` defined.

  Args:
    config: the configuration's class.
    prefix: as in `define_flags`.
    skip: options that are not read from flags.
    shared: options whose flags have no prefix.
    **values: options given here instead of by flags.

  Returns:
    The configuration.
  """
  for field in dataclasses.fields(config):
    if field.name not in skip and field.name not in values:
      own = flag_name(field)
      name = own if field.name in shared else prefix + own
      values[field.name] = flags.FLAGS[name].value
      if prefix and name.startswith(prefix):
        _check(field, values[field.name], f' (flag --{name})')
  return config(**values)
