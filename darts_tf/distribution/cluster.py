"""The workers of a run on several machines, as `TF_CONFIG` lists them."""

import dataclasses
import json
import os
import re
from typing import Any

from darts_tf.config.errors import InputError

_ADDRESS = re.compile(r'(\[[0-9a-fA-F:]+\]|[^\s:/]+):(\d{1,5})')
_JOBS = ('chief', 'worker')
_EXAMPLE = (
  '{"cluster": {"worker": ["host1:2222", "host2:2222"]},'
  ' "task": {"type": "worker", "index": 0}}'
)


@dataclasses.dataclass(frozen=True)
class Cluster:
  """The workers of a run.

  Args:
    addresses: `host:port` of each, in the order of their numbers; the first
      is the chief, which writes all files.
    index: number of this process.
  """

  addresses: tuple[str, ...]
  index: int

  def host_and_port(self, index: int) -> tuple[str, int]:
    """Returns the address of a worker, in its two parts."""
    host, port = _ADDRESS.fullmatch(self.addresses[index]).groups()
    return host.strip('[]'), int(port)

  def name(self, index: int) -> str:
    """Returns the name of a worker in messages."""
    return f'worker {index} ({self.addresses[index]})'


def cluster_from_environment() -> Cluster:
  """Reads and checks `TF_CONFIG`, which TensorFlow largely trusts.

  Returns:
    The cluster.

  Raises:
    InputError: if it is missing or malformed.
  """
  text = os.environ.get('TF_CONFIG', '').strip()
  if not text:
    raise InputError(
      '--strategy=multi_worker finds the workers in the environment;'
      f" expected, say, TF_CONFIG='{_EXAMPLE}'. Received: no TF_CONFIG"
    )
  try:
    value = json.loads(text)
  except ValueError as error:
    raise _malformed(f'it is not JSON ({error})', text) from error
  cluster, task = (_member(value, name, text) for name in ('cluster', 'task'))
  unknown = sorted(set(cluster) - set(_JOBS))
  if unknown:
    raise _malformed(
      f'workers and one chief are all there is, no {" and no ".join(unknown)}',
      text,
    )
  jobs = {
    name: _addresses(cluster[name], name, text)
    for name in _JOBS
    if name in cluster
  }
  addresses = [a for name in jobs for a in jobs[name]]
  if len(jobs.get('chief', ())) > 1:
    raise _malformed('there is more than one chief', text)
  if not addresses:
    raise _malformed('it lists no workers', text)
  if len(set(addresses)) < len(addresses):
    raise _malformed('an address is listed twice', text)
  return Cluster(tuple(addresses), _index(jobs, task, text))


def _member(value: Any, name: str, text: str) -> dict[str, Any]:
  member = value.get(name) if isinstance(value, dict) else None
  if not isinstance(member, dict):
    raise _malformed(f'there is no object {name!r} in it', text)
  return member


def _addresses(value: Any, job: str, text: str) -> list[str]:
  if not isinstance(value, list):
    raise _malformed(f'{job!r} is not a list', text)
  for address in value:
    match = (isinstance(address, str) or None) and _ADDRESS.fullmatch(address)
    if not match or not 0 < int(match[2]) < 2**16:
      raise _malformed(f'{address!r} is not host:port', text)
  return value


def _index(jobs: dict[str, list[str]], task: dict, text: str) -> int:
  """Returns the number of this process among all."""
  job, index = task.get('type'), task.get('index')
  if job not in jobs:
    raise _malformed(
      f'this task is of type {job!r}, of which there is none', text
    )
  # Some schedulers write the number as text.
  if isinstance(index, str) and index.isdecimal():
    index = int(index)
  if type(index) is not int or not 0 <= index < len(jobs[job]):
    raise _malformed(
      f'the index of this task is {index!r}, and there are'
      f' {len(jobs[job])} of its type',
      text,
    )
  return index + (
    len(jobs['chief']) if job == 'worker' and 'chief' in jobs else 0
  )


def _malformed(what: str, text: str) -> InputError:
  return InputError(
    f'TF_CONFIG cannot be used: {what}; expected, say, {_EXAMPLE}.'
    f' Received: TF_CONFIG={text}'
  )
