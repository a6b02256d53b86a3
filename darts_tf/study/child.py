"""Processes that a study starts, one at a time."""

import contextlib
import os
import pathlib
import subprocess
import sys
from collections.abc import Callable

import darts_tf
from darts_tf.config.errors import DartsError, ResourceError
from darts_tf.runs.atomic import explain_disk_errors

# A search stops between two steps, and exact second-order steps are long.
_SECONDS_TO_STOP = 60
_ERROR = 'error: '


def run_child(
  module: str,
  arguments: list[str],
  log: pathlib.Path,
  listen: Callable[[str], None],
) -> None:
  """Runs a module of this package as a program, and waits for its end.

  The child has a session of its own: Ctrl-C in the terminal reaches this
  process only, which then stops the child and waits for it. The child's
  standard input is a pipe, so that it can tell when this process is gone.

  Args:
    module: its name.
    arguments: the command line.
    log: file to which all output is appended; its directory is made.
    listen: called with each line of output.

  Raises:
    DartsError: if the child has written a line of error, which becomes the
      message. The kind of the error is unknown here.
    ResourceError: if the child fails without one.
    KeyboardInterrupt: after the child has been stopped.
  """
  with explain_disk_errors(log):
    log.parent.mkdir(parents=True, exist_ok=True)
    file = open(log, 'a', encoding='utf-8')
  last = error = ''
  with file:
    child = subprocess.Popen(
      [sys.executable, '-m', module, *arguments],
      stdin=subprocess.PIPE,
      stdout=subprocess.PIPE,
      stderr=subprocess.STDOUT,
      text=True,
      encoding='utf-8',
      errors='replace',
      env=_environment(),
      start_new_session=True,
    )
    try:
      for line in child.stdout:
        file.write(line)
        file.flush()
        last = line.strip() or last
        error = line.strip() if line.startswith(_ERROR) else error
        listen(line.rstrip('\n'))
      code = child.wait()
    except BaseException:
      _stop(child)
      raise
    finally:
      child.stdout.close()
      with contextlib.suppress(OSError):
        child.stdin.close()
  if code:
    if code > 0 and error:
      raise DartsError(error.removeprefix(_ERROR))
    reason = f'signal {-code}' if code < 0 else f'exit code {code}'
    raise ResourceError(
      f'The process of the search failed ({reason}); expected it to end'
      f' well: its output is in {log}. Received: {last!r}'
    )


def _environment() -> dict[str, str]:
  """Returns this process' environment, with the package on its path."""
  root = str(pathlib.Path(darts_tf.__file__).parents[1])
  others = os.environ.get('PYTHONPATH')
  environment = {
    **os.environ,
    'PYTHONUNBUFFERED': '1',
    'PYTHONPATH': os.pathsep.join([root, others] if others else [root]),
  }
  # The programs have set it. Each process sets it anew, but does not silence
  # TensorFlow where it is set already.
  if environment.get('TF_CPP_MIN_LOG_LEVEL') == '3':
    del environment['TF_CPP_MIN_LOG_LEVEL']
  return environment


def _stop(child: subprocess.Popen) -> None:
  """Asks a process to end; kills it if it does not, or on a second Ctrl-C."""
  child.terminate()
  try:
    child.wait(_SECONDS_TO_STOP)
  except BaseException as error:
    child.kill()
    child.wait()
    if not isinstance(error, subprocess.TimeoutExpired):
      raise
