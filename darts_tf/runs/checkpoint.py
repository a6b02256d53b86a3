"""Checkpoints that detect damage."""

import dataclasses
import hashlib
import io
import json
import os
import pathlib
import re
import time
import zipfile
from collections.abc import Mapping
from typing import Any

import numpy as np
from absl import logging

from darts_tf.config.errors import InputError, RunStateError
from darts_tf.runs.atomic import (
  Path,
  atomic_write_bytes,
  dump_json,
  explain_disk_errors,
)

_NAME = re.compile(r'checkpoint_(\d{5,})\.npz')
_HEADER = 'header'
_DIGEST_SIZE = hashlib.sha256().digest_size
# A temporary file this old was left by a process that was killed.
_STALE_SECONDS = 3600


@dataclasses.dataclass(frozen=True)
class Checkpoint:
  """The state of a run after an epoch.

  Args:
    epoch: the 0-based epoch under which it was saved.
    arrays: name to array.
    meta: further values that JSON can hold.
  """

  epoch: int
  arrays: dict[str, np.ndarray]
  meta: dict[str, Any]

  def to_bytes(self) -> bytes:
    """Returns the checkpoint as bytes that end in the digest of the rest."""
    return _pack(self.epoch, self.arrays, self.meta)

  @staticmethod
  def from_bytes(data: bytes) -> 'Checkpoint':
    """Inverts `to_bytes`.

    Args:
      data: the bytes that it returned.

    Raises:
      ValueError: if the digest does not agree.
    """
    return _unpack(data)


class CheckpointStore:
  """The last few checkpoints of a run, one file each.

  A file is an uncompressed npz, which NumPy can open, followed by the
  SHA-256 of all bytes before. `latest` detects a file that was cut or
  altered, and uses the one before it.

  Args:
    directory: directory of the files; the first `save` creates it.
    keep: number of checkpoints kept, at least 1.
  """

  def __init__(self, directory: Path, keep: int = 2):
    if keep < 1:
      raise InputError(
        'At least one checkpoint must be kept; expected keep >= 1.'
        f' Received: keep={keep!r}'
      )
    self.directory = pathlib.Path(directory)
    self.keep = keep
    self.warnings: list[str] = []

  def epochs(self) -> list[int]:
    """Returns the epochs of the files present, damaged or not, in order."""
    return sorted(self._files())

  def save(
    self,
    epoch: int,
    arrays: Mapping[str, np.ndarray],
    meta: Mapping[str, Any] | None = None,
  ) -> None:
    """Saves a checkpoint and removes those that are no longer needed.

    Args:
      epoch: 0-based epoch. The checkpoint replaces one of the same epoch;
        those of later epochs belong to an abandoned course and are removed.
      arrays: name to array of numbers, booleans or text.
      meta: values that JSON can hold; none by default.

    Raises:
      InputError: if the directory cannot be written.
      ResourceError: if the disk is full.
      TypeError: if an array has a type that needs pickling.
    """
    data = Checkpoint(epoch, dict(arrays), dict(meta or {})).to_bytes()
    with explain_disk_errors(self.directory):
      self.directory.mkdir(parents=True, exist_ok=True)
    atomic_write_bytes(self.directory / f'checkpoint_{epoch:05d}.npz', data)
    self._prune(epoch)

  def latest(self) -> Checkpoint | None:
    """Returns the newest undamaged checkpoint, or `None` if there is none.

    It skips each damaged one with a warning, in the log and in `warnings`.

    Raises:
      RunStateError: if there are checkpoints and all are damaged.
    """
    self.warnings = []
    files = self._files()
    for epoch in sorted(files, reverse=True):
      try:
        return Checkpoint.from_bytes(files[epoch].read_bytes())
      except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        warning = (
          f'Skipping the damaged checkpoint {files[epoch]}:'
          f' {" ".join(str(error).split())}'
        )
        logging.warning('%s', warning)
        self.warnings.append(warning)
    if files:
      raise RunStateError(
        f'All {len(files)} checkpoints are damaged; expected at least one'
        ' that is whole: start again with another --workdir, or remove'
        f' this one. Received: directory={str(self.directory)!r}'
      )
    return None

  def _files(self) -> dict[int, pathlib.Path]:
    if not os.path.isdir(self.directory):
      return {}
    found = {}
    for path in self.directory.iterdir():
      match = _NAME.fullmatch(path.name)
      if match:
        found[int(match[1])] = path
    return found

  def _prune(self, epoch: int) -> None:
    files = self._files()
    kept = sorted(e for e in files if e <= epoch)[-self.keep :]
    for other, path in files.items():
      if other not in kept:
        path.unlink(missing_ok=True)
    for path in self.directory.glob('.checkpoint_*.tmp'):
      if time.time() - os.path.getmtime(path) > _STALE_SECONDS:
        path.unlink(missing_ok=True)


def _pack(
  epoch: int, arrays: Mapping[str, np.ndarray], meta: Mapping[str, Any]
) -> bytes:
  names = list(arrays)
  header = dump_json({'epoch': epoch, 'names': names, 'meta': meta})
  # Entries are numbered: names may hold characters that file names may not.
  entries = {_HEADER: np.frombuffer(header.encode('utf-8'), np.uint8)}
  for index, name in enumerate(names):
    array = np.asarray(arrays[name])
    if array.dtype.kind not in 'biufcSU':
      raise TypeError(
        'A checkpoint holds numbers, booleans and text only.'
        f' Received: {name}={array.dtype}'
      )
    entries[f'array_{index:05d}'] = array
  buffer = io.BytesIO()
  np.savez(buffer, **entries)
  data = buffer.getvalue()
  return data + hashlib.sha256(data).digest()


def _unpack(data: bytes) -> Checkpoint:
  body, digest = data[:-_DIGEST_SIZE], data[-_DIGEST_SIZE:]
  if hashlib.sha256(body).digest() != digest:
    raise ValueError('its SHA-256 does not agree with its contents')
  with np.load(io.BytesIO(body), allow_pickle=False) as entries:
    header = json.loads(entries[_HEADER].tobytes().decode('utf-8'))
    arrays = {
      name: entries[f'array_{index:05d}']
      for index, name in enumerate(header['names'])
    }
  return Checkpoint(header['epoch'], arrays, header['meta'])
