"""Directories that are replaced as a whole."""

import contextlib
import errno
import os
import pathlib
import shutil
import uuid
from collections.abc import Collection, Iterator

import tensorflow as tf

from darts_tf.config.errors import InputError
from darts_tf.runs.atomic import Path, explain_disk_errors


@contextlib.contextmanager
def replaced_directory(
  directory: Path, entries: Collection[str], required: str
) -> Iterator[pathlib.Path]:
  """Lets a directory appear, or change, only when it is complete.

  The body writes into a new directory next to the final one. The new one
  takes its name when the body has ended without an error. Otherwise the old
  directory stays.

  Args:
    directory: the final path.
    entries: names that a directory which may be replaced can hold.
    required: the one of them that it must hold.

  Yields:
    The directory to write into.

  Raises:
    InputError: if the path is a file or a directory with other contents,
      or if the disk is full or cannot be written.
  """
  # A link stays a link: its target is replaced.
  final = pathlib.Path(directory).expanduser().resolve()
  _refuse_foreign(final, directory, entries, required)
  token = uuid.uuid4().hex
  new = final.with_name(f'.{final.name}.{token}.tmp')
  old = final.with_name(f'.{final.name}.{token}.old')
  with explain_disk_errors(directory):
    try:
      # On failure the parents stay: they may be someone else's by then.
      new.mkdir(parents=True)
      with _full_disk_as_os_error():
        yield new
      _sync(new)
      # A directory that is not empty cannot be overwritten.
      if final.exists():
        os.rename(final, old)
      os.rename(new, final)
    finally:
      if old.exists() and not final.exists():
        os.rename(old, final)
      for rest in (new, old):
        shutil.rmtree(rest, ignore_errors=True)


def _refuse_foreign(
  final: pathlib.Path, directory: Path, entries: Collection[str], required: str
) -> None:
  """Refuses to replace files that no export has written."""
  with explain_disk_errors(directory):
    if not final.exists():
      return
    names = set(os.listdir(final))
  if names and (required not in names or not names <= set(entries)):
    foreign = sorted(names - set(entries)) or sorted(names)
    raise InputError(
      'The directory holds something else, which would be lost; expected'
      ' a new or empty directory, or one of an earlier export. Received:'
      f' directory={os.fspath(directory)!r} with {foreign[0]!r}'
    )


@contextlib.contextmanager
def _full_disk_as_os_error() -> Iterator[None]:
  """Raises TensorFlow's own error for a full disk as that of the system."""
  try:
    yield
  except tf.errors.ResourceExhaustedError as error:
    raise OSError(errno.ENOSPC, error.message) from error


def _sync(directory: pathlib.Path) -> None:
  """Waits until all files have reached the disk."""
  for path in directory.rglob('*'):
    if path.is_file():
      with open(path, 'rb') as file:
        os.fsync(file.fileno())
