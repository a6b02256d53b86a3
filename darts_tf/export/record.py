"""`exports.json`: the exported networks, their precision and speed."""

import dataclasses
import hashlib
import json
import pathlib
from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from darts_tf.config.errors import RunStateError
from darts_tf.export.formats import formats
from darts_tf.models.network import Network
from darts_tf.runs.atomic import atomic_write_json
from darts_tf.runs.workdir import WorkDir


@dataclasses.dataclass(frozen=True)
class ExportRecord:
  """An exported network.

  Args:
    format: its name in `formats`.
    path: relative to the work directory if it lies in it.
    network: SHA-256 of the weights.
    precision: type in which it computes.
    bytes: size of the file, or of all files of a directory.
    images: number of images on which it was compared with the network.
    compared_on: `test`, those of the data set, or `random`.
    largest_difference: of a probability from the network's.
    equal_predictions: share of images with the same most likely class.
    milliseconds: median time from an image to its probabilities.
    runs: number of runs that the median is of.
    threads: that it could use.
    runtime: library and version that ran it.
  """

  format: str
  path: str
  network: str
  precision: str
  bytes: int
  images: int
  compared_on: str
  largest_difference: float
  equal_predictions: float
  milliseconds: float
  runs: int
  threads: int
  runtime: str


def fingerprint(network: Network) -> str:
  """Returns the SHA-256 of a network's weights."""
  digest = hashlib.sha256()
  for variable in network.weights:
    digest.update(np.ascontiguousarray(tf.convert_to_tensor(variable)))
  return digest.hexdigest()


def read_exports(directory: WorkDir) -> list[ExportRecord]:
  """Returns the exports of a run; none if there is no file.

  Args:
    directory: of the run.

  Raises:
    RunStateError: if `exports.json` cannot be understood.
  """
  path = directory.exports_path
  if not path.exists():
    return []
  try:
    return [
      ExportRecord(**fields) for fields in json.loads(path.read_text('utf-8'))
    ]
  except (ValueError, TypeError) as error:
    raise RunStateError(
      'exports.json is damaged; expected what an export wrote: remove it.'
      f' Received: path={str(path)!r}'
    ) from error


def write_exports(
  directory: WorkDir, records: Sequence[ExportRecord]
) -> list[ExportRecord]:
  """Adds exports of a network to those that are on record.

  Earlier ones of the same format are replaced; of other weights, or no
  longer there, dropped.

  Args:
    directory: of the run.
    records: of the same network, at least one.

  Returns:
    All that is on record now, in the order of `formats`.
  """
  by_format = {
    record.format: record
    for record in read_exports(directory)
    if record.network == records[0].network
    and (directory.path / record.path).exists()
  }
  by_format |= {record.format: record for record in records}
  merged = [by_format[name] for name in formats if name in by_format]
  atomic_write_json(
    directory.exports_path, [dataclasses.asdict(r) for r in merged]
  )
  return merged


def relative_path(directory: WorkDir, path: pathlib.Path) -> str:
  """A path as a record has it."""
  inside, path = directory.path.resolve(), path.resolve()
  return str(path.relative_to(inside) if path.is_relative_to(inside) else path)
