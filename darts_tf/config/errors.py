"""The exceptions by which this package refuses to begin or to go on.

| class              | who or what is to blame                              |
|--------------------|------------------------------------------------------|
| `InputError`       | what the user gave: an option, a file, an argument   |
| `DivergedError`    | the numbers of a computation                         |
| `ResourceError`    | the machine, its disk, or another machine            |
| `OutOfMemoryError` | too little memory for what is asked, in particular   |
| `RunStateError`    | the state of a work directory                        |

All of them are a `DartsError`. The message is one line: what was wrong, what
was expected, and `Received: x=…`. The programs in `bin/` print it and end.
"""

import difflib
from collections.abc import Iterable


class DartsError(Exception):
  """The common base: something that a user can understand and put right."""


class InputError(DartsError, ValueError):
  """A user's input cannot be used; the same input never can."""


class DivergedError(DartsError):
  """A computation has not come to a usable number.

  A loss or weights are no longer finite, or an iteration does not converge.
  """


class ResourceError(DartsError):
  """A machine fails, is full, or does not answer in time.

  The same command may do once there is room, or once the other machine is
  back.
  """


class OutOfMemoryError(ResourceError):
  """There is less memory than a computation needs."""


class RunStateError(DartsError):
  """A work directory is not in the state that a program needs.

  It belongs to another run or holds none, another process is at work in it,
  its run is not finished, or its files are damaged.
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
