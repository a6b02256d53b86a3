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
from darts_tf.search.config import SearchConfig
from darts_tf.strategies import search_strategies

# The option of an arm that no configuration has: which one it is of.
_STRATEGY = 'search_strategy'

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
    name: a name that can be that of a directory.
    options: what differs from the common configuration: options of the
      search strategy.
    strategy: name of the search strategy.
  """

  name: str
  options: Mapping[str, Any] = dataclasses.field(default_factory=dict)
  strategy: str = 'differentiable'

  def configure(self, common: SearchConfig, seed: int) -> Options:
    """Returns the options of one search of the arm.

    Args:
      common: the configuration of all arms.
      seed: of the search.

    Returns:
      Options of the strategy; those that `common` has, too, are the common
      ones unless they are the arm's own.
    """
    own = {**self.options, 'seed': seed}
    kind = search_strategies[self.strategy].config
    if isinstance(common, kind):
      return common.replace(**own)
    values = {
      field.name: getattr(common, field.name)
      for field in dataclasses.fields(kind)
      if getattr(common, field.name, None) is not None
    }
    return kind(**{**values, **own})


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

  A name that is that of a method, of an architecture gradient or of a search
  strategy stands for it, unless the options name another. A name alone must
  be such a name.

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
  known = [*methods, *architecture_gradients, *search_strategies]
  if not (colon or name in known):
    raise unknown_name('arm', name, known)
  texts = {}
  for part in rest.split(',') if colon else ():
    option, equals, value = part.partition('=')
    if not (option and equals and value) or option in texts:
      raise InputError(
        'An option of an arm has another form or is repeated; expected'
        f' option=value. Received: {part!r} in arm={text!r}'
      )
    texts[option] = value
  default = name if name in search_strategies else Arm.strategy
  strategy = texts.pop(_STRATEGY, default)
  config = search_strategies[strategy].config
  options = {
    option: _value(config, option, value, text)
    for option, value in texts.items()
  }
  if name in architecture_gradients:
    options.setdefault('gradient', name)
  elif name in methods:
    options.setdefault('method', name)
  return Arm(name, options, strategy)


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
