"""Searches that differ in some options, from text."""

import itertools
from collections.abc import Sequence
from typing import Any

from darts_tf.config.errors import InputError, unknown_name
from darts_tf.config.options import option_types, parse_option
from darts_tf.search.config import SearchConfig


def variations(texts: Sequence[str]) -> list[dict[str, Any]]:
  """All combinations of the values of some options of a search.

  Args:
    texts: each `OPTION=VALUE,VALUE,…`, as `eta=0.1,0.03`.

  Returns:
    One mapping of options a search; the last option changes first. One
    empty mapping if there are no texts.

  Raises:
    InputError: if an option or a value cannot be one of a search.
  """
  names, values = [], []
  for text in texts:
    name, equals, rest = text.partition('=')
    name = name.strip()
    if not equals or not rest:
      raise InputError(
        'What varies has another form; expected OPTION=VALUE,VALUE, say'
        f' eta=0.1,0.03. Received: vary={text!r}'
      )
    if name in names:
      raise InputError(
        'An option varies twice; expected all of its values together.'
        f' Received: vary={text!r}'
      )
    names.append(name)
    values.append([_parse(name, part.strip()) for part in rest.split(',')])
  return [
    dict(zip(names, combination)) for combination in itertools.product(*values)
  ]


def _parse(name: str, text: str) -> Any:
  hints = option_types(SearchConfig)
  if name not in hints:
    raise unknown_name('vary', name, hints)
  return parse_option(name, hints[name], text)
