"""Reads the accuracies of NAS-Bench-201 from a CSV file."""

import csv
import io
import os
import pathlib

import numpy as np

from darts_tf.config.errors import InputError
from darts_tf.runs.atomic import Path
from darts_tf.tabular.nas_bench_201_unique import architecture_string

COLUMNS = {
  'cifar10': 'cifar10_test',
  'cifar100': 'cifar100_test',
  'imagenet16_120': 'imagenet16_120_test',
}
_ARCHITECTURE = 'architecture'


def read_accuracies(path: Path) -> tuple[list[str], np.ndarray]:
  """Reads a table with a column of architectures and one per data set.

  Args:
    path: of a CSV file with the header `architecture,cifar10_test,
      cifar100_test,imagenet16_120_test`, in any order; other columns and
      empty lines are passed over. Accuracies are in percent.

  Returns:
    The architecture strings, and the accuracies (architectures, data sets)
    in the order of `COLUMNS`.

  Raises:
    InputError: if the file is missing or is no text, lacks a column or has
      no rows, or if a row has a malformed architecture, one of a row before,
      or something other than a number from 0 to 100. Rows are named by the
      number of the line in the file, the header being line 1.
  """
  reader = csv.reader(io.StringIO(_text(path), newline=''), strict=True)
  lines: dict[str, int] = {}
  accuracies = []
  positions = None
  try:
    for row in reader:
      where = f'line {reader.line_num} of the benchmark table'
      if not row:
        continue
      if positions is None:
        positions, width = _positions(row, path), len(row)
        continue
      if len(row) != width:
        raise InputError(
          f'The {where} has {len(row)} fields; expected {width}, as in'
          f' the header. Received: row={",".join(row)!r}'
        )
      architecture = _architecture(row[positions[0]], where)
      if architecture in lines:
        raise InputError(
          f'The {where} repeats the architecture of line'
          f' {lines[architecture]}; expected each once.'
          f' Received: architecture={architecture!r}'
        )
      lines[architecture] = reader.line_num
      accuracies.append(
        [
          _accuracy(row[position], column, where)
          for position, column in zip(positions[1:], COLUMNS.values())
        ]
      )
  except csv.Error as error:
    raise InputError(
      f'Line {reader.line_num} of the benchmark table is not CSV ({error});'
      ' expected fields between commas.'
      f' Received: path={os.fspath(path)!r}'
    ) from error
  if not accuracies:
    raise InputError(
      'The benchmark table is empty; expected a header and a row for each'
      f' architecture. Received: path={os.fspath(path)!r}'
    )
  return list(lines), np.array(accuracies, np.float64)


def _text(path: Path) -> str:
  try:
    # The mark with which spreadsheets begin a file is not part of a name.
    return pathlib.Path(path).read_text(encoding='utf-8-sig')
  except FileNotFoundError as error:
    raise InputError(
      'The benchmark table is missing; expected the path of a CSV file.'
      f' Received: path={os.fspath(path)!r}'
    ) from error
  except (OSError, UnicodeDecodeError) as error:
    raise InputError(
      f'The benchmark table cannot be read ({error}); expected a CSV file.'
      f' Received: path={os.fspath(path)!r}'
    ) from error


def _positions(header: list[str], path: Path) -> list[int]:
  names = [name.strip() for name in header]
  wanted = [_ARCHITECTURE, *COLUMNS.values()]
  for name in wanted:
    if names.count(name) != 1:
      fault = 'repeats' if name in names else 'lacks'
      raise InputError(
        f'The benchmark table {fault} the column {name}; expected the'
        f' header {",".join(wanted)}. Received: header={",".join(names)!r},'
        f' path={os.fspath(path)!r}'
      )
  return [names.index(name) for name in wanted]


def _architecture(text: str, where: str) -> str:
  try:
    return architecture_string(text)
  except InputError as error:
    raise InputError(f'In {where}: {error}') from error


def _accuracy(text: str, column: str, where: str) -> float:
  try:
    value = float(text)
  except ValueError:
    value = None
  # Not a number (nan) is no accuracy either: it fails the comparison.
  if value is None or not 0 <= value <= 100:
    raise InputError(
      f'The {where} has no accuracy; expected a number from 0 to 100, in'
      f' percent. Received: {column}={text!r}'
    )
  return value
