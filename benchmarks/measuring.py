"""Measurements of this directory: each is a process that prints JSON."""

import json
import os
import pathlib
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


def measure(
  command: Sequence[str], environment: Mapping[str, str] = ALLOCATOR
) -> dict[str, Any]:
  """Runs a benchmark and prints what it cost.

  Args:
    command: prints a line of JSON last.
    environment: variables that are set for it.

  Returns:
    What it printed.

  Raises:
    ResourceError: if it fails.
  """
  done = subprocess.run(
    command,
    cwd=_ROOT,
    text=True,
    capture_output=True,
    env={**os.environ, **environment},
  )
  if done.returncode:
    raise ResourceError(
      'A measurement failed; expected a line of JSON.'
      f' Received: {" ".join(command)}: {done.stderr.strip()[-300:]}'
    )
  result = json.loads(done.stdout.splitlines()[-1])
  print(
    f'  {result["seconds_per_step_median"]:8.3f} s a step,'
    f' {result["peak_rss_mib"]:6d} MiB  {" ".join(command[1:])}',
    flush=True,
  )
  return result


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

  def add(self, name: str, result: dict[str, Any]) -> None:
    """Adds a measurement and writes the file."""
    self._values.setdefault(name, []).append(result)
    if self._path:
      self._path.parent.mkdir(parents=True, exist_ok=True)
      atomic_write_json(self._path, self._values)
