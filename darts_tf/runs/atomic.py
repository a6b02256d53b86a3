"""Files that are either whole or absent, and errors of the disk in words."""

import contextlib
import errno
import io
import json
import os
import pathlib
import uuid
from collections.abc import Iterator, Mapping

import numpy as np

from darts_tf.config.errors import InputError, ResourceError

Path = str | os.PathLike[str]


@contextlib.contextmanager
def explain_disk_errors(path: Path) -> Iterator[None]:
  """Turns what the user can put right on a disk into a `DartsError`."""
  try:
    yield
  except OSError as error:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
      raise ResourceError(
        'The disk is full or its quota is used up; free space and run the'
        ' same command again: it continues from the last checkpoint.'
        f' Received: path={os.fspath(path)!r}'
      ) from error
    if error.errno in (
      errno.EACCES,
      errno.EPERM,
      errno.EROFS,
      errno.ENOTDIR,
      errno.EEXIST,
      errno.EISDIR,
      errno.ENAMETOOLONG,
    ):
      raise InputError(
        f'Cannot write here ({error.strerror or error}); expected a path'
        ' in a directory that can be created and written.'
        f' Received: path={os.fspath(path)!r}'
      ) from error
    raise


def atomic_write_bytes(path: Path, data: bytes) -> None:
  """Writes a file so that it is never seen half written.

  The bytes go to a temporary file in the same directory, reach the disk,
  and only then take the file's name. A failure leaves what was there.

  Args:
    path: file to write; its directory must exist.
    data: the whole contents.

  Raises:
    InputError: if the place cannot be written.
    ResourceError: if the disk is full.
  """
  path = pathlib.Path(path)
  # A name of its own: two processes never write the same temporary file.
  temporary = path.with_name(f'.{path.name}.{uuid.uuid4().hex}.tmp')
  with explain_disk_errors(path):
    try:
      with open(temporary, 'wb') as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
      os.replace(temporary, path)
    except BaseException:
      with contextlib.suppress(OSError):  # the first error is the news
        os.unlink(temporary)
      raise


def atomic_write_text(path: Path, text: str) -> None:
  """Writes UTF-8 text; see `atomic_write_bytes`."""
  atomic_write_bytes(path, text.encode('utf-8'))


def atomic_write_json(path: Path, value: object) -> None:
  """Writes a value as indented JSON; see `atomic_write_bytes`."""
  atomic_write_text(path, dump_json(value, indent=2) + '\n')


def atomic_write_arrays(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
  """Writes arrays as an uncompressed npz; see `atomic_write_bytes`."""
  buffer = io.BytesIO()
  np.savez(buffer, **arrays)
  atomic_write_bytes(path, buffer.getvalue())


def dump_json(value: object, indent: int | None = None) -> str:
  """Returns JSON text; NumPy values, paths and sets have a form too."""
  return json.dumps(value, indent=indent, default=_plain, ensure_ascii=False)


def _plain(value: object) -> object:
  """Says how JSON shows values that it has no form for."""
  if isinstance(value, (np.generic, np.ndarray)):
    return value.tolist()
  if isinstance(value, os.PathLike):
    return os.fspath(value)
  if isinstance(value, (set, frozenset)):
    return sorted(value)
  if isinstance(value, Mapping):
    return dict(value)
  raise TypeError(
    f'No JSON form for {type(value).__name__}. Received: {value!r}'
  )
