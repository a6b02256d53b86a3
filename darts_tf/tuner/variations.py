"""Searches that differ in some options, from text."""

import itertools
import typing
from collections.abc import Sequence
from typing import Any

from darts_tf.config.errors import InputError, unknown_name
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
  hints = typing.get_type_hints(SearchConfig)
  if name not in hints:
    raise unknown_name('vary', name, hints)
  kinds = [
    k
    for k in (typing.get_args(hints[name]) or [hints[name]])
    if k is not type(None)
  ]
  kind = kinds[0]
  if kind is bool:
    kind = {'true': True, 'false': False}.__getitem__
    text = text.lower()
  try:
    return kind(text)
  except (KeyError, ValueError) as error:
    raise InputError(
      f'Not a value of the option {name}; expected one of type'
      f' {kinds[0].__name__}. Received: {name}={text!r}'
    ) from error
