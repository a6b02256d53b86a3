"""The one exception that means: what the user gave cannot be used."""

import difflib
from collections.abc import Iterable


class InputError(ValueError):
  """A user's input cannot be used.

  The message is one line: what was wrong, what was expected, and
  `Received: x=…`. The programs in `bin/` print it and exit with code 2.
  """


def unknown_name(kind: str, name: object, valid: Iterable[str]) -> InputError:
  """Returns the error for a name that is not in a list of valid names.

  Args:
    kind: what the name stands for, as the user writes it, e.g. `dataset`.
    name: the value received.
    valid: the names that would have been accepted.

  Returns:
    An `InputError` that lists the valid names and suggests the nearest.
  """
  valid = sorted(valid)
  near = difflib.get_close_matches(str(name), valid, n=1, cutoff=0.5)
  hint = f' Did you mean {near[0]!r}?' if near else ''
  return InputError(
    f'Unknown {kind}: expected one of {", ".join(valid)}.{hint}'
    f' Received: {kind}={name!r}'
  )
