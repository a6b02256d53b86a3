"""Arms of a study: the methods that are compared."""

import dataclasses
import re
import typing
from collections.abc import Iterable, Mapping
from typing import Any

from darts_tf.architecture_gradient import architecture_gradients
from darts_tf.config.errors import InputError, unknown_name
from darts_tf.config.options import Options, option_types, parse_option
from darts_tf.methods import methods
from darts_tf.random_search.config import RandomSearchConfig
from darts_tf.search.config import SearchConfig

RANDOM_SEARCH = 'random_search'

# What must be the same in all arms, or else there is nothing to compare.
COMMON = (
  'benchmark_table',
  'data_dir',
  'dataset',
  'download',
  'search_space',
  'seed',
)

_NAME = re.compile(r'[A-Za-z0-9][A-Za-z0-9_-]*')


@dataclasses.dataclass(frozen=True)
class Arm:
  """One method of a study.

  Args:
    name: a name that can be that of a directory. One that begins with
      `random_search` makes the arm a random search.
    options: what differs from the common configuration: fields of
      `SearchConfig` or, in a random search, of `RandomSearchConfig`.
  """

  name: str
  options: Mapping[str, Any] = dataclasses.field(default_factory=dict)

  @property
  def is_random_search(self) -> bool:
    """Whether architectures are drawn instead of searched."""
    return self.name.startswith(RANDOM_SEARCH)

  def configure(self, common: SearchConfig, seed: int) -> Options:
    """The configuration of one search of the arm.

    Args:
      common: the configuration of all arms.
      seed: of the search.

    Returns:
      A `SearchConfig`, or a `RandomSearchConfig` in which the options that
      both have are the common ones.
    """
    if not self.is_random_search:
      return common.replace(**{**self.options, 'seed': seed})
    values = {
      field.name: getattr(common, field.name)
      for field in dataclasses.fields(RandomSearchConfig)
      if getattr(common, field.name, None) is not None
    }
    return RandomSearchConfig(**{**values, **self.options, 'seed': seed})


def parse_arms(texts: Iterable[str]) -> tuple[Arm, ...]:
  """Parses several arms; see `parse_arm`.

  Raises:
    InputError: if one cannot be used, or two have the same name.
  """
  arms: dict[str, Arm] = {}
  for text in texts:
    arm = parse_arm(text)
    if arm.name in arms:
      raise InputError(
        'Two arms have the same name; expected a name of its own for each.'
        f' Received: arm={text!r}'
      )
    arms[arm.name] = arm
  return tuple(arms.values())


def parse_arm(text: str) -> Arm:
  """Parses `NAME` or `NAME:option=value,option=value`.

  A name that is that of a method or of an architecture gradient stands for
  it, unless the options name another. A name alone must be such a name, or
  begin with `random_search`.

  Args:
    text: the arm. Values are written as flags are; `none` leaves an option
      to its default.

  Returns:
    The arm.

  Raises:
    InputError: if the form, the name, an option or a value cannot be used.
  """
  name, colon, rest = text.partition(':')
  if not _NAME.fullmatch(name) or (colon and not rest):
    raise InputError(
      'An arm has another form; expected NAME or NAME:option=value,… with'
      ' a name of letters, digits, _ and -.'
      f' Received: arm={text!r}'
    )
  random = Arm(name).is_random_search
  known = [*methods, *architecture_gradients, RANDOM_SEARCH]
  if not (colon or random or name in known):
    raise unknown_name('arm', name, known)
  options = {}
  for part in rest.split(',') if colon else ():
    option, equals, value = part.partition('=')
    if not (option and equals and value) or option in options:
      raise InputError(
        'An option of an arm has another form or is repeated; expected'
        f' option=value. Received: {part!r} in arm={text!r}'
      )
    options[option] = _value(
      RandomSearchConfig if random else SearchConfig, option, value, text
    )
  if name in architecture_gradients:
    options.setdefault('gradient', name)
  elif name in methods:
    options.setdefault('method', name)
  return Arm(name, options)


def _value(config: type[Options], name: str, text: str, arm: str) -> Any:
  """Reads the value of an option by its type."""
  hints = typing.get_type_hints(config)
  if name in COMMON:
    raise InputError(
      f'The option {name} is the same in all arms; expected it as the flag'
      f' --{"seeds" if name == "seed" else name}. Received:'
      f' {name}={text!r} in arm={arm!r}'
    )
  if name not in hints:
    raise unknown_name('option', name, set(hints) - set(COMMON))
  if type(None) in typing.get_args(hints[name]) and text == 'none':
    return None
  return parse_option(
    name, option_types(config)[name], text, f' in arm={arm!r}'
  )
