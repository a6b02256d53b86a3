"""Measurements in processes of their own, where memory is their own."""

import json
import os
import pathlib
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

import darts_tf
from darts_tf.config.errors import ResourceError


def measure_in_process(arguments: Sequence[str]) -> dict[str, Any]:
  """Runs Python on a program that measures.

  Args:
    arguments: of Python; the program prints a line of JSON last.

  Returns:
    What it printed.

  Raises:
    ResourceError: if it fails.
  """
  root = str(pathlib.Path(darts_tf.__file__).parents[1])
  path = os.pathsep.join(filter(None, [root, os.environ.get('PYTHONPATH')]))
  done = subprocess.run(
    [sys.executable, *arguments],
    text=True,
    capture_output=True,
    env={**os.environ, 'PYTHONPATH': path},
  )
  if done.returncode:
    last = (done.stderr.strip().splitlines() or ['no output'])[-1]
    raise ResourceError(
      'A measurement failed; expected a line of JSON. Received:'
      f' {" ".join(arguments)}: {last}'
    )
  return json.loads(done.stdout.splitlines()[-1])
