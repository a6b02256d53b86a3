"""The flags of a search, and the questions that they can ask."""

import dataclasses

from absl import flags

from darts_tf.config.options import config_from_flags, define_flags
from darts_tf.search.composition import compose
from darts_tf.search.config import SearchConfig
from darts_tf.search.resolve import resolve


def define_search_flags() -> None:
  """Defines a flag for each option of a search, and two that ask."""
  flags.DEFINE_boolean(
    'list_methods', False, 'Print the methods and their parts, and end.'
  )
  flags.DEFINE_boolean(
    'print_config',
    False,
    'Print all options that would be in force, as a flag file, and end.',
  )
  define_flags(SearchConfig)


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
    print(flag_file(config_from_flags(SearchConfig)))
    return True
  return False


def flag_file(config: SearchConfig) -> str:
  """Returns the flags that stand for a configuration, one a line.

  Args:
    config: the options as given; defaults are filled in.
  """
  composition = compose(config)
  resolved = resolve(config)
  method = composition.method
  lines = [f'# {method.name} ({method.reference})']
  for kind in ('relaxation', 'penalties', 'form', 'step', 'stop'):
    parts = composition.parts(kind)
    shown = ', '.join(part.describe() for part in parts) or 'none'
    lines.append(f'# {kind}: {shown}')
  for field in dataclasses.fields(resolved):
    value = getattr(resolved, field.name)
    flag = field.metadata.get('flag')
    name = flag if isinstance(flag, str) else field.name
    if isinstance(value, bool):
      lines.append(f'--{"" if value else "no"}{name}')
    elif value is not None:
      lines.append(f'--{name}={value}')
  return '\n'.join(lines)
