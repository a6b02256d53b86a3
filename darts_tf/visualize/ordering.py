"""Order and vertical places of the items of a layered drawing."""

from collections.abc import Mapping, Sequence

Columns = list[list[int]]
Links = Sequence[tuple[int, int]]

_SPACE = 12.0
_SWEEPS = 24


def count_crossings(columns: Columns, links: Links) -> int:
  """Number of pairs of links between neighbouring columns that cross."""
  rank = {item: r for r, column in enumerate(columns) for item in column}
  place = {item: p for column in columns for p, item in enumerate(column)}
  total = 0
  for i, (a, b) in enumerate(links):
    for c, d in links[:i]:
      if rank[a] == rank[c]:
        total += (place[a] - place[c]) * (place[b] - place[d]) < 0
  return total


def _neighbours(links: Links) -> tuple[dict, dict]:
  """Items to the left and to the right of each item."""
  left: dict[int, list[int]] = {}
  right: dict[int, list[int]] = {}
  for a, b in links:
    right.setdefault(a, []).append(b)
    left.setdefault(b, []).append(a)
  return left, right


def _sweep(columns: Columns, near: Mapping[int, list[int]], ranks) -> None:
  """Sorts columns by the mean place of each item's neighbours."""
  for rank in ranks:
    place = {
      item: p / max(1, len(column) - 1)
      for column in columns
      for p, item in enumerate(column)
    }
    mean = {
      item: (
        sum(place[n] for n in near[item]) / len(near[item])
        if item in near
        else place[item]
      )
      for item in columns[rank]
    }
    columns[rank].sort(key=mean.__getitem__)


def _exchange(columns: Columns, links: Links) -> None:
  """Swaps neighbours in a column as long as that removes crossings."""
  best = count_crossings(columns, links)
  improved = True
  while improved and best:
    improved = False
    for column in columns[1:]:
      for i in range(len(column) - 1):
        column[i], column[i + 1] = column[i + 1], column[i]
        crossings = count_crossings(columns, links)
        if crossings < best:
          best, improved = crossings, True
        else:
          column[i], column[i + 1] = column[i + 1], column[i]


def order_columns(columns: Columns, links: Links) -> Columns:
  """Orders the items of each column so that few links cross.

  Barycentres, swept to the right and to the left, and then exchanges of
  neighbours. The first column, the inputs, keeps its order.

  Args:
    columns: items of each column.
    links: pairs of items in neighbouring columns.

  Returns:
    The columns in their new order.
  """
  columns = [list(column) for column in columns]
  left, right = _neighbours(links)
  best = [list(column) for column in columns]
  fewest = count_crossings(best, links)
  for sweep in range(_SWEEPS):
    if sweep % 2 == 0:
      _sweep(columns, left, range(1, len(columns)))
    else:
      _sweep(columns, right, range(len(columns) - 2, 0, -1))
    crossings = count_crossings(columns, links)
    if crossings < fewest:
      fewest = crossings
      best = [list(column) for column in columns]
  _exchange(best, links)
  return best


def _spread(wanted: list[float], gaps: list[float]) -> list[float]:
  """Nearest values in least squares that keep given distances.

  Subtracting the sum of the gaps before each value leaves a monotone
  regression, which pooling adjacent violators solves exactly.

  Args:
    wanted: n values.
    gaps: n - 1 least distances between consecutive values.

  Returns:
    n values.
  """
  offsets = [0.0]
  for gap in gaps:
    offsets.append(offsets[-1] + gap)
  pools: list[list[float]] = []  # Sum and number of the values of a pool.
  for value, offset in zip(wanted, offsets, strict=True):
    pools.append([value - offset, 1])
    while len(pools) > 1 and (
      pools[-2][0] / pools[-2][1] > pools[-1][0] / pools[-1][1]
    ):
      total, count = pools.pop()
      pools[-1][0] += total
      pools[-1][1] += count
  levels = [total / count for total, count in pools for _ in range(count)]
  return [level + offset for level, offset in zip(levels, offsets, strict=True)]


def vertical_places(
  columns: Columns, links: Links, heights: Mapping[int, float]
) -> dict[int, float]:
  """Places items so that links are short and items keep their distance.

  Args:
    columns: items of each column, in order from the top.
    links: pairs of items in neighbouring columns.
    heights: height of each item.

  Returns:
    Item to the `y` of its centre.
  """
  gaps = [
    [
      (heights[a] + heights[b]) / 2 + _SPACE
      for a, b in zip(column, column[1:], strict=False)
    ]
    for column in columns
  ]
  y: dict[int, float] = {}
  for column, gap in zip(columns, gaps, strict=True):
    start = -sum(gap) / 2
    for i, item in enumerate(column):
      y[item] = start + sum(gap[:i])
  left, right = _neighbours(links)
  near = {item: left.get(item, []) + right.get(item, []) for item in y}
  ranks = list(range(len(columns)))
  for sweep in range(_SWEEPS):
    for rank in ranks if sweep % 2 == 0 else reversed(ranks):
      wanted = [
        sum(y[n] for n in near[item]) / len(near[item])
        if near[item]
        else y[item]
        for item in columns[rank]
      ]
      y.update(zip(columns[rank], _spread(wanted, gaps[rank]), strict=True))
  return y
