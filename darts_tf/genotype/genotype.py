"""Genotypes: the discrete architectures that searches hand to training."""

import dataclasses
import json
import os
import pathlib
import types
from collections.abc import Mapping
from typing import Any

from darts_tf.config.errors import InputError, unknown_name
from darts_tf.genotype.cell import CellGenotype
from darts_tf.genotype.text import (
  format_nas_bench_201,
  format_pretty,
  parse_nas_bench_201,
)
from darts_tf.runs.atomic import Path, atomic_write_text


@dataclasses.dataclass(frozen=True, eq=False)
class Genotype:
  """An architecture: the cells of a network, in a named search space.

  Genotypes are values: immutable, equal if their contents are, usable as
  keys. Their space need not be known here; whether it holds them is what
  `SearchSpace.check` says.

  Args:
    search_space: name of the search space they belong to.
    cells: cell name to cell: `normal` and `reduce`, as far as the space
      has them; or `cell_00`, `cell_01`, … if its cells are not shared.
  """

  search_space: str
  cells: Mapping[str, CellGenotype]

  def __post_init__(self):
    object.__setattr__(self, 'cells', types.MappingProxyType(dict(self.cells)))

  def __eq__(self, other: object) -> bool:
    if not isinstance(other, Genotype):
      return NotImplemented
    return self.search_space == other.search_space and dict(self.cells) == dict(
      other.cells
    )

  def __hash__(self) -> int:
    return hash((self.search_space, frozenset(self.cells.items())))

  def __reduce__(self):
    # Mapping proxies can be neither copied nor pickled.
    return Genotype, (self.search_space, dict(self.cells))

  def skip_connections(self, cell_name: str) -> int:
    """Returns the number of `skip_connect` edges of a cell."""
    if cell_name not in self.cells:
      raise unknown_name('cell', cell_name, self.cells)
    return sum(
      edge.operation == 'skip_connect' for edge in self.cells[cell_name].edges
    )

  def pretty(self) -> str:
    """Returns a listing of several lines for people."""
    return format_pretty(self)

  def to_dict(self) -> dict[str, Any]:
    """Returns the JSON form as dictionaries and lists."""
    cells = {
      name: {
        'edges': [list(edge) for edge in cell.edges],
        'output': list(cell.output),
      }
      for name, cell in self.cells.items()
    }
    return {'search_space': self.search_space, 'cells': cells}

  @classmethod
  def from_dict(cls, value: object) -> 'Genotype':
    """Inverts `to_dict`.

    Raises:
      InputError: if the value has another shape or is not valid.
    """
    _require_keys('genotype', value, ('search_space', 'cells'))
    if not isinstance(value['search_space'], str):
      raise InputError(
        'The search space of a genotype is not a name; expected text.'
        f' Received: search_space={value["search_space"]!r}'
      )
    if not isinstance(value['cells'], Mapping):
      raise InputError(
        'The cells of a genotype are not a JSON object; expected cell'
        f' names with cells. Received: cells={value["cells"]!r}'
      )
    cells = {}
    for name, cell in value['cells'].items():
      _require_keys(f'cell {name!r}', cell, ('edges', 'output'))
      cells[name] = CellGenotype(cell['edges'], cell['output'])
    return cls(value['search_space'], cells)

  def to_json(self) -> str:
    """Returns the JSON form, in one line."""
    return json.dumps(self.to_dict())

  @classmethod
  def from_json(cls, text: str) -> 'Genotype':
    """Inverts `to_json`.

    Raises:
      InputError: if the text is not JSON, or not of a valid genotype.
    """
    try:
      value = json.loads(text)
    except (TypeError, ValueError) as error:
      shown = text if len(str(text)) <= 80 else str(text)[:80] + '…'
      raise InputError(
        f'The genotype is not JSON ({" ".join(str(error).split())});'
        ' expected an object with search_space and cells.'
        f' Received: text={shown!r}'
      ) from error
    return cls.from_dict(value)

  def save(self, path: Path) -> None:
    """Writes the JSON form to a file, atomically."""
    atomic_write_text(path, self.to_json() + '\n')

  @classmethod
  def load(cls, path: Path) -> 'Genotype':
    """Reads what `save` wrote.

    Raises:
      InputError: if the file is missing or unreadable, or holds no valid
        genotype.
    """
    try:
      text = pathlib.Path(path).read_text(encoding='utf-8')
    except FileNotFoundError as error:
      raise InputError(
        'The genotype file is missing; expected the path of a JSON file.'
        f' Received: path={os.fspath(path)!r}'
      ) from error
    except (OSError, UnicodeDecodeError) as error:
      raise InputError(
        f'The genotype file cannot be read ({error}); expected a JSON'
        f' file. Received: path={os.fspath(path)!r}'
      ) from error
    try:
      return cls.from_json(text)
    except InputError as error:
      raise InputError(f'{error}, path={os.fspath(path)!r}') from error

  def to_nas_bench_201_string(self) -> str:
    """Returns `|op~0|+|op~0|op~1|+|op~0|op~1|op~2|` (arXiv:2001.00326)."""
    return format_nas_bench_201(self)

  @classmethod
  def from_nas_bench_201_string(cls, text: str) -> 'Genotype':
    """Inverts `to_nas_bench_201_string`.

    Raises:
      InputError: if the text has another form or an unknown operation.
    """
    cell = CellGenotype(parse_nas_bench_201(text), (3,))
    return cls('nas_bench_201', {'normal': cell})


def _require_keys(what: str, value: object, keys: tuple[str, ...]) -> None:
  if not isinstance(value, Mapping) or set(value) != set(keys):
    received = list(value) if isinstance(value, Mapping) else value
    raise InputError(
      f'The {what} has another form; expected a JSON object with exactly'
      f' {" and ".join(keys)}. Received: {received!r}'
    )
