"""The age of this process."""

import os
import pathlib
import time

_IMPORTED = time.monotonic()


def seconds_since_start() -> float:
  """Returns the age of this process in seconds.

  On Linux the age counts from the moment at which the kernel started the
  process, elsewhere from the import of this module. psutil would add whole
  seconds: it counts from the time of the last start of the machine, which the
  kernel rounds.
  """
  try:
    # Names of programs may hold blanks and brackets; fields follow the last.
    fields = pathlib.Path('/proc/self/stat').read_text().rpartition(')')[2]
    started = int(fields.split()[19]) / os.sysconf('SC_CLK_TCK')
    uptime = float(pathlib.Path('/proc/uptime').read_text().split()[0])
    return uptime - started
  except (OSError, ValueError, IndexError):
    return time.monotonic() - _IMPORTED
