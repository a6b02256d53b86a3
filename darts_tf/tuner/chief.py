"""The processes of a distributed tuner run, by Keras Tuner's variables."""

import os
import socket
import time

from darts_tf.compat.keras_tuner import has_chief, is_chief
from darts_tf.config.errors import InputError, ResourceError

_SECONDS = 60.0
_PAUSE = 0.5


def is_worker() -> bool:
  """Whether this process asks a chief for its trials.

  Raises:
    InputError: if Keras Tuner's variables are incomplete.
  """
  try:
    return has_chief() and not is_chief()
  except RuntimeError as error:
    raise InputError(
      'The variables of a distributed run are incomplete; expected'
      ' KERASTUNER_TUNER_ID, KERASTUNER_ORACLE_IP and'
      ' KERASTUNER_ORACLE_PORT, or none of them.'
      f' Received: {" ".join(str(error).split())}'
    ) from error


def check_chief(seconds: float = _SECONDS) -> None:
  """Waits until the chief listens, which Keras Tuner does for an hour.

  Args:
    seconds: for how long.

  Raises:
    InputError: if its port is no number.
    ResourceError: if it does not.
  """
  address = (
    os.environ['KERASTUNER_ORACLE_IP'],
    os.environ['KERASTUNER_ORACLE_PORT'],
  )
  if not address[1].isdigit():
    raise InputError(
      'The port of the chief is not a number. Received:'
      f' KERASTUNER_ORACLE_PORT={address[1]!r}'
    )
  deadline = time.monotonic() + seconds
  while True:
    try:
      socket.create_connection(address, _PAUSE).close()
      return
    except OSError as error:
      if time.monotonic() > deadline:
        raise ResourceError(
          'The chief of this tuner run does not answer; expected it at'
          f' {":".join(address)}: start the same command with'
          ' KERASTUNER_TUNER_ID=chief, then this one again.'
          f' Received: {error}'
        ) from error
    time.sleep(_PAUSE)
