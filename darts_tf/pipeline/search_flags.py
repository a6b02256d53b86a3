"""The flags of a search, and the questions that they can ask."""

import dataclasses

from absl import flags

from darts_tf.config.errors import InputError
from darts_tf.config.options import config_from_flags, define_flags, flag_name
from darts_tf.runs.run_config import RunConfig
from darts_tf.search.config import SearchConfig
from darts_tf.strategies import Differentiable, search_strategies, strategy_of


def define_search_flags() -> None:
  """Defines a flag for each option of a search, and some that ask.

  An option that several search strategies have is one flag.
  """
  flags.DEFINE_enum(
    'search_strategy',
    Differentiable.name,
    list(search_strategies),
    'How the search is made; each strategy has options of its own.',
  )
  flags.DEFINE_boolean(
    'list_methods', False, 'Print the methods and their parts, and end.'
  )
  flags.DEFINE_boolean(
    'print_config',
    False,
    'Print all options that would be in force, as a flag file, and end.',
  )
  define_flags(SearchConfig)
  known = {field.name for field in dataclasses.fields(SearchConfig)}
  for name in search_strategies:
    config = search_strategies[name].config
    define_flags(config, skip=known)
    known |= {field.name for field in dataclasses.fields(config)}


def search_config() -> RunConfig:
  """Returns the options of the search strategy that the flags choose.

  Raises:
    InputError: if an option is given that the strategy does not have.
  """
  name = flags.FLAGS['search_strategy'].value
  config = search_strategies[name].config
  own = {flag_name(field) for field in dataclasses.fields(config)}
  for other in search_strategies:
    for field in dataclasses.fields(search_strategies[other].config):
      flag = flags.FLAGS[flag_name(field)]
      if flag.name not in own and not flag.using_default_value:
        raise InputError(
          f'The search strategy {name} has no option {flag.name}; expected it'
          f' with --search_strategy={other}. Received:'
          f' {flag.name}={flag.value!r}, search_strategy={name!r}'
        )
  # Where strategies share a flag, each has its own default.
  given = {
    field.name: field.default
    for field in dataclasses.fields(config)
    if flags.FLAGS[flag_name(field)].using_default_value
  }
  return config_from_flags(config, **given)


def answered() -> bool:
  """Answers `--list_methods` and `--print_config`.

  Returns:
    Whether the program has done what it was asked for.
  """
  if flags.FLAGS['list_methods'].value:
    from darts_tf.methods.table import method_table

    config_from_flags(SearchConfig)  # Imports the user's own methods.
    print(method_table())
    return True
  if flags.FLAGS['print_config'].value:
    print(flag_file(search_config()))
    return True
  return False


def flag_file(config: RunConfig) -> str:
  """Returns the flags that stand for a configuration, one a line.

  Args:
    config: the options as given; defaults are filled in.
  """
  searcher = strategy_of(config)
  lines = [f'# {line}' for line in searcher.describe(config)]
  lines.append(f'--search_strategy={searcher.name}')
  resolved = searcher.resolve(config)
  for field in dataclasses.fields(resolved):
    value, name = getattr(resolved, field.name), flag_name(field)
    if isinstance(value, bool):
      lines.append(f'--{"" if value else "no"}{name}')
    elif value is not None:
      lines.append(f'--{name}={value}')
  return '\n'.join(lines)
