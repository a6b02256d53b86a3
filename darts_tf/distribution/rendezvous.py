"""Workers meet before TensorFlow connects them.

TensorFlow waits for the other workers for as long as it takes, in a call
that nothing interrupts. So they meet first, on the same ports: each calls
all others until all have answered, or says who has not.
"""

import contextlib
import json
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from typing import Any

from darts_tf.config.errors import InputError, ResourceError
from darts_tf.distribution.cluster import Cluster

_SECONDS = 60.0
# Between two calls, and for how long an answer is waited for.
_PAUSE, _PATIENCE = 0.2, 5.0
_GREETING = 'darts_tf'


def meet(
  cluster: Cluster, run: Mapping[str, Any], seconds: float = _SECONDS
) -> None:
  """Waits until all workers are there, and checks that they do the same.

  Args:
    cluster: the workers.
    run: what must be the same on all of them, by name; JSON.
    seconds: for how long the others are waited for.

  Raises:
    InputError: if one is to do something else.
    ResourceError: if one does not answer in time, or this one's port is
      taken.
  """
  deadline = time.monotonic() + seconds
  others = [i for i in range(len(cluster.addresses)) if i != cluster.index]
  if not others:
    return
  with _door(cluster, run, deadline) as callers:
    missing = dict.fromkeys(others, 'it is not listening')
    while missing or set(others) - set(callers):
      for index in list(missing):
        try:
          theirs = _call(cluster, index, run)
        except (OSError, ValueError) as error:
          missing[index] = ' '.join(str(error).split())
        else:
          _compare(cluster, index, run, theirs)
          del missing[index]
      if time.monotonic() > deadline:
        raise _absent(cluster, missing, set(others) - set(callers), seconds)
      time.sleep(_PAUSE)


def listening(cluster: Cluster, index: int) -> bool:
  """Whether a worker's port is open now."""
  try:
    with socket.create_connection(cluster.host_and_port(index), _PATIENCE):
      return True
  except OSError:
    return False


def _compare(cluster, index, run, theirs) -> None:
  run = json.loads(json.dumps(run))
  different = [
    f'{name}: {run.get(name)!r} here, {theirs.get(name)!r} there'
    for name in dict.fromkeys([*run, *theirs])
    if run.get(name) != theirs.get(name)
  ]
  if different:
    raise InputError(
      f'{cluster.name(index).capitalize()} was started with other options;'
      ' expected the same on all workers.'
      f' Received: {"; ".join(different)}'
    )


def _absent(cluster, missing, silent, seconds) -> ResourceError:
  reasons = {**dict.fromkeys(silent, 'it cannot reach this worker'), **missing}
  names = ', '.join(
    f'{cluster.name(i)}: {why}' for i, why in sorted(reasons.items())
  )
  return ResourceError(
    f'Not all workers met within {seconds:.0f} seconds; expected'
    f' {len(cluster.addresses)} of them, started at about the same time and'
    f' able to reach each other. Received: no answer from {names}'
  )


def _call(
  cluster: Cluster, index: int, run: Mapping[str, Any]
) -> dict[str, Any]:
  """Says who calls; returns what the other is to do."""
  address = cluster.host_and_port(index)
  with socket.create_connection(address, _PATIENCE) as connection:
    connection.settimeout(_PATIENCE)
    with connection.makefile('rw', encoding='utf-8') as stream:
      _send(stream, cluster.index, index, run)
      sender, receiver, theirs = _receive(stream)
      # The one that is called closes last, so that its port is free at once.
  if (sender, receiver) != (index, cluster.index):
    raise ValueError(f'worker {sender} answers in its place')
  return theirs


@contextlib.contextmanager
def _door(
  cluster: Cluster, run: Mapping[str, Any], deadline: float
) -> Iterator[set[int]]:
  """Answers calls meanwhile; yields the set of those who have called."""
  server = _listen(cluster, deadline)
  callers, closing = set(), threading.Event()

  def answer():
    while not closing.is_set():
      try:
        connection, _ = server.accept()
      except TimeoutError:
        continue
      # A stranger at the door is no reason to close it.
      with connection, contextlib.suppress(OSError, ValueError):
        connection.settimeout(_PATIENCE)
        with connection.makefile('rw', encoding='utf-8') as stream:
          sender, _, _ = _receive(stream)
          _send(stream, cluster.index, sender, run)
          stream.read(1)  # Until the caller hangs up.
        callers.add(sender)

  thread = threading.Thread(target=answer, daemon=True)
  thread.start()
  try:
    yield callers
  finally:
    closing.set()
    thread.join()
    server.close()


def _listen(cluster: Cluster, deadline: float) -> socket.socket:
  """Opens this worker's port; the run before may still be leaving it."""
  _, port = cluster.host_and_port(cluster.index)
  while True:
    try:
      server = socket.create_server(('', port))
    except OSError as error:
      if time.monotonic() > deadline:
        raise ResourceError(
          'The port of this worker is in use; expected one that is free,'
          ' or that the run before it ends.'
          f' Received: {cluster.name(cluster.index)}'
        ) from error
      time.sleep(_PAUSE)
    else:
      server.settimeout(_PAUSE)
      return server


def _send(stream, sender: int, receiver: int, run: Mapping[str, Any]) -> None:
  stream.write(json.dumps([_GREETING, sender, receiver, run]) + '\n')
  stream.flush()


def _receive(stream) -> tuple[int, int, dict[str, Any]]:
  try:
    greeting, sender, receiver, run = json.loads(stream.readline())
  except (TypeError, ValueError) as error:
    raise ValueError('something else is listening there') from error
  if greeting != _GREETING or not isinstance(run, dict):
    raise ValueError('something else is listening there')
  return sender, receiver, run
