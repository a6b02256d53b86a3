"""The tables of measurements beside PyTorch, and the pages that show them."""

import pathlib
import statistics
from collections.abc import Callable, Iterable
from typing import Any

from measuring import Results
from peer_cases import CASES, MACHINE, Case

from darts_tf.config.errors import InputError
from darts_tf.runs.atomic import atomic_write_text

_BEGIN, _END = '<!-- peers -->', '<!-- /peers -->'
# What is compared: its title, the field, and how ours is written.
_COLUMNS = (
  ('a step', 'seconds_per_step_median', '{:.2f} s'),
  ('peak memory', 'peak_rss_mib', '{:,.0f} MiB'),
  ('start to the end of the first step', 'seconds_to_first_step', '{:.1f} s'),
)


def full_table(results: Results) -> str:
  """Returns all ratios with their spread, in Markdown.

  Args:
    results: those that `compare` of peer_cases.py has added to.
  """

  def cells(case: Case) -> list[str]:
    pairs = results[str(case)]
    return [
      *(
        f'{_spread(_ratios(pairs, field))}; {form.format(_ours(pairs, field))}'
        for _, field, form in _COLUMNS
      ),
      _compiled(pairs, results.latest(case.compiled)),
    ]

  titles = [*(title for title, *_ in _COLUMNS), 'a step over `torch.compile`']
  return f'{_table(results, titles, cells)}\n\n{_origin(results)}'


def short_table(results: Results) -> str:
  """Returns the medians of the ratios, in Markdown."""

  def cells(case: Case) -> list[str]:
    pairs = results[str(case)]
    return [
      f'{statistics.median(_ratios(pairs, field)):.2f}'
      for _, field, _ in _COLUMNS
    ]

  return _table(results, [title for title, *_ in _COLUMNS], cells)


# Page to the function that makes what it shows.
PAGES: dict[str, Callable[[Results], str]] = {
  'docs/performance.md': full_table,
  'README.md': short_table,
}


def write_pages(results: Results, root: pathlib.Path) -> None:
  """Writes the tables into the pages.

  Args:
    results: at least one case is in them.
    root: directory of the project.

  Raises:
    InputError: if there are no results, or a page has no place for them.
  """
  if not any(results[str(case)] for case in CASES):
    raise InputError(
      'There is nothing to show; expected measurements of at least one case.'
      ' Received: none'
    )
  for name, table in PAGES.items():
    page = root / name
    atomic_write_text(page, with_table(page.read_text(), table(results)))


def with_table(text: str, table: str) -> str:
  """Returns the text of a page with another table between its marks."""
  before, begin, rest = text.partition(_BEGIN)
  _, end, after = rest.partition(_END)
  if not (begin and end):
    raise InputError(
      f'The page has no place for a table; expected {_BEGIN} and {_END} in it.'
      f' Received: {text[:40]!r}'
    )
  return f'{before}{begin}\n{table}\n{end}{after}'


def _table(
  results: Results, titles: list[str], cells: Callable[[Case], list[str]]
) -> str:
  rows = [['this library over PyTorch', *titles]]
  rows += [[str(case), *cells(case)] for case in CASES if results[str(case)]]
  lines = [f'| {" | ".join(row)} |' for row in rows]
  return '\n'.join([lines[0], '|---' * len(rows[0]) + '|', *lines[1:]])


def _ratios(pairs: Iterable[dict[str, Any]], field: str) -> list[float]:
  """Ours over the peer's number, one a round."""
  return [pair['ours'][field] / pair['peer'][field] for pair in pairs]


def _ours(pairs: Iterable[dict[str, Any]], field: str) -> float:
  return statistics.median(pair['ours'][field] for pair in pairs)


def _spread(values: list[float]) -> str:
  middle = statistics.median(values)
  return f'{middle:.2f} ({min(values):.2f} to {max(values):.2f})'


def _compiled(pairs: list[dict], compiled: dict[str, Any] | None) -> str:
  if compiled is None:
    return '–'
  if 'not_measured' in compiled:
    return compiled['not_measured']
  field = 'seconds_per_step_median'
  return (
    f'{_ours(pairs, field) / compiled[field]:.2f}; it starts in'
    f' {compiled["seconds_to_first_step"]:.0f} s'
  )


def _origin(results: Results) -> str:
  """Says what was measured where, with which versions, and how often."""
  pairs = [pair for case in CASES for pair in results[str(case)]]
  counts = {len(results[str(case)]) for case in CASES if results[str(case)]}
  machine = results.latest(MACHINE)
  versions = lambda side, name: ', '.join(
    sorted({pair[side][name] for pair in pairs})
  )
  return (
    f'{machine["cores"]} cores of {machine["processor"]}, TensorFlow'
    f' {versions("ours", "tensorflow")},\n'
    f'PyTorch {versions("peer", "torch")}. Each ratio is the median of'
    f' {" or ".join(map(str, sorted(counts)))} pairs, in brackets the least\n'
    'and the largest; behind it is the median of this library.'
  )
