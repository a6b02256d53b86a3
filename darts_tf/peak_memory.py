"""Peak memory of this process."""

import pathlib
import resource
import sys


def peak_memory_mib() -> float:
  """Returns the largest resident size that this process has had, in MiB.

  On Linux that is `VmHWM` of the kernel. The figure of `getrusage` would
  include the process that started this one: it survives `exec`.
  """
  try:
    for line in pathlib.Path('/proc/self/status').read_text().splitlines():
      if line.startswith('VmHWM:'):
        return int(line.split()[1]) / 1024
  except OSError:
    pass
  peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
  return peak / (2**20 if sys.platform == 'darwin' else 1024)
