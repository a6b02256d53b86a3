"""Compares this library with reference numbers, array by array.

  python benchmarks/check_reference.py FILE.npz ...

Each file has numbers of one method in float64 and all that they were computed
from. What kind of file it is and all sizes follow from its arrays. Every
number is computed anew; printed is the largest difference over the largest
reference number, absolute where all of those are 0.

The exit code is 1 if an error is above its bound, or an array is one that
nothing is known about. It is 2 if a file cannot be used.
"""

import argparse
import sys
from collections.abc import Iterable
from typing import NamedTuple

from darts_tf.config import app
from darts_tf.config.errors import InputError
from darts_tf.system import process

process.tune()

import reference_kinds  # noqa: E402
from reference_files import ReferenceFile, Value, matching, relative_error  # noqa: E402
from reference_model import EDGES  # noqa: E402

MISSED = 1


class _Parser(argparse.ArgumentParser):
  """Refuses words in the form of the other programs."""

  def error(self, message):
    """Raises `InputError`."""
    raise InputError(f'{message}. See --help')


class Row(NamedTuple):
  """A line of the table.

  Args:
    name: of an array, with a note.
    error: the relative one; `None` for an array that was not computed.
    bound: the largest error that is accepted.
  """

  name: str
  error: float | None
  bound: float

  @property
  def missed(self) -> bool:
    """Whether the error is above its bound, or no number."""
    return self.error is None or not self.error <= self.bound

  def __str__(self) -> str:
    error = 'none' if self.error is None else f'{self.error:.1e}'
    verdict = ''
    if self.missed:
      verdict = f'  MISSED, bound {self.bound:g}'
    if self.error is None:
      verdict = '  MISSED, nothing is known about this array'
    return f'  {error:>8}  {self.name}{verdict}'


def compare(
  file: ReferenceFile, values: Iterable[Value], bound: float
) -> Iterable[Row]:
  """Yields the errors of what has been computed and the file has.

  Args:
    file: the reference.
    values: computed anew.
    bound: of errors.
  """
  for value in values:
    expected = value.expected
    if expected is None:
      if value.name not in file:
        continue
      expected = file[value.name]
    note = f' ({value.note})' if value.note else ''
    yield Row(
      value.name + note,
      relative_error(value.actual, expected),
      max(bound, value.bound),
    )


def check(
  file: ReferenceFile, kind: reference_kinds.Kind, bound: float, edges: str
) -> list[Row]:
  """Prints the errors of a file, and returns them.

  Args:
    file: the reference.
    kind: of the file.
    bound: of errors.
    edges: see `ReferenceModel`.
  """
  skipped = {pattern: matching(file, [pattern]) for pattern in kind.skipped}
  names = set()

  def computed():
    for value in kind.recompute(file, edges):
      names.add(value.name)
      yield value

  rows = []
  for row in compare(file, computed(), bound):
    print(row, flush=True)
    rows.append(row)
  explained = names.union(matching(file, kind.given), *skipped.values())
  for name in file:
    if name not in explained:
      rows.append(Row(name, None, bound))
      print(rows[-1])
  for pattern, found in skipped.items():
    if found:
      print(f'  skipped: {pattern} ({len(found)}): {kind.skipped[pattern]}')
  return rows


def main(argv: list[str]) -> int:
  """Compares all files and prints; returns the exit code."""
  parser = _Parser(
    prog='check_reference.py',
    description=__doc__,
    formatter_class=argparse.RawDescriptionHelpFormatter,
  )
  parser.add_argument('files', nargs='+', metavar='FILE.npz')
  parser.add_argument(
    '--bound', type=float, default=1e-6, help='of relative errors'
  )
  parser.add_argument(
    '--edges',
    choices=EDGES,
    default='auto',
    help='whether edges have their channels in one tensor or apart',
  )
  options = parser.parse_args(argv[1:])
  if not options.bound >= 0:
    raise InputError(
      f'Expected a bound of 0 or more. Received: bound={options.bound:g}'
    )
  # All are looked at before the first is computed, which takes long.
  files = [ReferenceFile(path) for path in options.files]
  kinds = [reference_kinds.kind_of(file) for file in files]
  process.configure_tensorflow()
  missed, total = [], 0
  for file, kind in zip(files, kinds, strict=True):
    print(f'{file.path}: {kind.name}')
    if kind.not_covered:
      print(f'  not covered: {kind.not_covered}')
      continue
    rows = check(file, kind, options.bound, options.edges)
    total += len(rows)
    missed += [f'{file.path.name}: {row.name}' for row in rows if row.missed]
    errors = [row for row in rows if row.error is not None]
    if errors:
      worst = max(errors, key=lambda row: row.error)
      print(f'  largest: {worst.error:.1e} ({worst.name})')
  print(f'{total - len(missed)} of {total} comparisons hold')
  for name in missed:
    print(f'missed: {name}')
  return MISSED if missed else 0


if __name__ == '__main__':
  sys.exit(app.call(main, sys.argv))
