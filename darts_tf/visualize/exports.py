"""Exported networks as a table: how large, how fast, how exact."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from darts_tf.visualize.wording import quantity

HEADER = (
  'Format',
  'Size',
  'One image',
  'Largest difference',
  'Equal predictions',
)

# The fields of `darts_tf.export.ExportRecord`.
Record = Mapping[str, Any]


def export_rows(records: Iterable[Record]) -> list[tuple[str, ...]]:
  """Returns the rows of a table, below `HEADER`."""
  return [
    (
      record['format'],
      f'{quantity(record["bytes"])}B',
      f'{record["milliseconds"]:.3g} ms',
      f'{record["largest_difference"]:.1e}',
      f'{100 * record["equal_predictions"]:.4g} % of {record["images"]}',
    )
    for record in records
  ]


def export_note(records: Sequence[Record]) -> str:
  """Returns what the figures of a table mean, in two sentences."""
  values = lambda name: ' or '.join(
    map(str, sorted({record[name] for record in records}))
  )
  threads = values('threads')
  return (
    'Time: from one image to its probabilities, median of'
    f' {values("runs")} runs on {threads}'
    f' thread{"" if threads == "1" else "s"} of this machine. Difference:'
    ' of a probability from the network in memory, on'
    f' {values("compared_on")} images.'
  )


def export_table(records: Sequence[Record]) -> str:
  """Returns the table as text; nothing if there are no records."""
  if not records:
    return ''
  lines = [HEADER, *export_rows(records)]
  widths = [max(map(len, column)) for column in zip(*lines)]
  return '\n'.join(
    [
      *('  '.join(map(str.ljust, line, widths)).rstrip() for line in lines),
      export_note(records),
    ]
  )
