"""Ports on which nobody listens."""

import contextlib
import socket


def free_ports(count):
  """Returns as many ports."""
  with contextlib.ExitStack() as stack:
    sockets = [
      stack.enter_context(socket.create_server(('', 0))) for _ in range(count)
    ]
    return [s.getsockname()[1] for s in sockets]
