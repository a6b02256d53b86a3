"""Memory: the peak of this process, and what is left."""

import pathlib
import resource
import sys

import psutil


def peak_memory_mib() -> float:
  """Returns the largest resident size that this process has had, in MiB.

  On Linux that is `VmHWM` of the kernel, which psutil does not read. The
  figure of `getrusage` would include the process that started this one: it
  survives `exec`.
  """
  for line in _lines('/proc/self/status'):
    if line.startswith('VmHWM:'):
      return int(line.split()[1]) / 1024
  peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
  return peak / (2**20 if sys.platform == 'darwin' else 1024)


def resident_memory_mib() -> float:
  """Returns the size that this process has now, in MiB."""
  return psutil.Process().memory_info().rss / 2**20


def free_memory_bytes() -> int | None:
  """Returns what the machine has free; `None` where it does not say.

  The cache of files counts as free, since the system gives it up.
  """
  try:
    return psutil.virtual_memory().available
  except (NotImplementedError, OSError):  # Say, without /proc.
    return None


def available_memory_mib() -> float | None:
  """Returns how much more memory this process can have, in MiB.

  What the machine has free, and, under a limit of a control group, what is
  left of that. `None` where the system does not say.
  """
  free = free_memory_bytes()
  if free is None:
    return None
  # psutil knows nothing of control groups.
  limit, used = (
    ''.join(_lines(f'/sys/fs/cgroup/memory.{name}')).strip()
    for name in ('max', 'current')
  )
  if limit.isdigit() and used.isdigit():
    free = min(free, int(limit) - int(used))
  return free / 2**20


def _lines(path: str) -> list[str]:
  """The lines of a file of the system; none if there is no such file."""
  try:
    return pathlib.Path(path).read_text().splitlines()
  except OSError:
    return []
