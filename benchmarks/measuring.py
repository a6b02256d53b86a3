"""Measurements of this directory: each is a process that prints JSON."""

import contextlib
import json
import os
import pathlib
import signal
import subprocess
from collections.abc import Mapping, Sequence
from typing import Any

from darts_tf.config.errors import ResourceError, RunStateError
from darts_tf.runs.atomic import atomic_write_json

_ROOT = pathlib.Path(__file__).parents[1]
# What darts_tf.system.process sets by itself, for programs that do not.
ALLOCATOR = {
  'MALLOC_MMAP_MAX_': '0',
  'MALLOC_TRIM_THRESHOLD_': '100000000000',
  'MALLOC_TOP_PAD_': '268435456',
  'MALLOC_ARENA_MAX': '2',
}


class FailedMeasurement(ResourceError):
  """A measurement has not come to an end.

  Args:
    command: that was run.
    reason: why there is no result; it says nothing of this machine.
  """

  def __init__(self, command: Sequence[str], reason: str):
    super().__init__(
      'A measurement failed; expected a line of JSON.'
      f' Received: {" ".join(command)}: {reason}'
    )
    self.reason = reason


def measure(
  command: Sequence[str],
  environment: Mapping[str, str] = ALLOCATOR,
  limit: float | None = None,
) -> dict[str, Any]:
  """Runs a benchmark and prints what it cost.

  Args:
    command: prints a line of JSON last.
    environment: variables that are set for it.
    limit: seconds after which it is ended, with all that it has started.

  Returns:
    What it printed.

  Raises:
    FailedMeasurement: if it fails, or does not end in time.
  """
  out = output_of(command, environment, limit)
  result = json.loads(out.splitlines()[-1])
  print(
    f'  {result["seconds_per_step_median"]:8.3f} s a step,'
    f' {result["peak_rss_mib"]:6d} MiB  {" ".join(command[1:])}',
    flush=True,
  )
  return result


def output_of(
  command: Sequence[str],
  environment: Mapping[str, str] = ALLOCATOR,
  limit: float | None = None,
) -> str:
  """Returns what a program prints; see `measure`."""
  with subprocess.Popen(
    command,
    cwd=_ROOT,
    text=True,
    stdout=subprocess.PIPE,
    stderr=subprocess.PIPE,
    env={**os.environ, **environment},
    # A group of its own: compilers that it starts are ended with it.
    start_new_session=True,
  ) as process:
    try:
      out, error = process.communicate(timeout=limit)
    except subprocess.TimeoutExpired:
      raise FailedMeasurement(command, f'not within {limit:.0f} s') from None
    finally:
      with contextlib.suppress(ProcessLookupError):  # All have ended.
        os.killpg(process.pid, signal.SIGKILL)
  if process.returncode:
    last = (error.strip().splitlines() or ['no output'])[-1]
    if process.returncode < 0:  # Say, for its memory: then it says nothing.
      last = f'ended by signal {-process.returncode}'
    raise FailedMeasurement(command, last[-300:])
  return out


class Results:
  """Measurements in a JSON file, which is written after each of them.

  Args:
    path: of the file; one that exists is gone on with. `None` keeps them
      in memory only.
  """

  def __init__(self, path: str | None):
    self._path = path and pathlib.Path(path)
    self._values = {}
    if self._path and self._path.exists():
      try:
        self._values = json.loads(self._path.read_text())
      except ValueError as error:
        raise RunStateError(
          'The file of measurements is not JSON; expected one that an'
          f' earlier run has written. Received: {path}'
        ) from error

  def __getitem__(self, name: str) -> list:
    """The measurements under a name, in the order in which they were made."""
    return self._values.get(name, [])

  def latest(self, name: str) -> dict[str, Any] | None:
    """The last measurement under a name, if there is one."""
    return self[name][-1] if self[name] else None

  def belong_to(self, name: str, here: dict[str, Any]) -> None:
    """Notes what the measurements are of, such as a machine.

    Args:
      name: of what is noted.
      here: what is measured now.

    Raises:
      RunStateError: if earlier ones in the file are of something else.
    """
    there = self.latest(name)
    if there is None:
      self.add(name, here)
    elif there != here:
      raise RunStateError(
        f'The file holds measurements of another {name}; expected a new file,'
        f' or one of {here}. Received: {there}'
      )

  def add(self, name: str, result: dict[str, Any]) -> None:
    """Adds a measurement and writes the file."""
    self._values.setdefault(name, []).append(result)
    if self._path:
      self._path.parent.mkdir(parents=True, exist_ok=True)
      atomic_write_json(self._path, self._values)
