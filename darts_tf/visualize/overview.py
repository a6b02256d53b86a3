"""All cells of a network in one picture, where each has its own."""

import re
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle

from darts_tf.genotype.parameterized import Convolution, parse
from darts_tf.search_space.space import SearchSpace
from darts_tf.visualize.edges import (
  check_edges,
  distinct,
  edge_names,
  group_kinds,
  names_by_edge,
)
from darts_tf.visualize.figure import new_figure
from darts_tf.visualize.palette import known_first, operation_colours

# Groups of cells beyond which they are drawn together.
MANY_CELLS = 4

# Operations of a square and their shares of it.
Shares = Sequence[tuple[str, float]]

_ROW, _COLUMN, _LEAST_WIDTH = 0.29, 0.44, 5.2  # In inches.


def _short(operation: str) -> str:
  """A name that fits into a square: `sep 3` for `sep_conv_3x3`.

  `k5d2·3` is a `conv_k5_d2` of three units.
  """
  described = parse(operation)
  if isinstance(described, Convolution):
    text = f'k{described.kernel}'
    if described.dilation > 1:
      text += f'd{described.dilation}'
    return text + (f'·{len(described.widths) + 1}' if described.widths else '')
  first, *_ = operation.split('_')
  size = re.search(r'(\d)x\d', operation)
  if size and 'pool' not in operation:
    return f'{first[:4]} {size[1]}'
  return first[:6]


def _on(colour: str) -> str:
  """Black or white, whichever is read better on a colour."""
  red, green, blue = to_rgb(colour)
  bright = 0.299 * red + 0.587 * green + 0.114 * blue
  return 'black' if bright > 0.55 else 'white'


def _figure(
  table: Sequence[Sequence[Shares]],
  rows: Sequence[str],
  groups: Mapping[str, str],
  title: str,
  named: bool,
) -> Figure:
  """Draws squares that are divided among operations.

  Args:
    table: shares by row and column; empty where there is nothing.
    rows: names of the rows.
    groups: group of cells to kind, a group a column.
    title: written above.
    named: whether squares hold short names.
  """
  operations = known_first(
    distinct([[name for name, _ in shares] for row in table for shares in row])
  )
  colours = operation_colours(operations)
  columns = len(groups)
  legend_rows = -(-len(operations) // 4)
  bottom, top = 0.6 + 0.22 * legend_rows, 0.45
  width = max(_LEAST_WIDTH, 0.75 + _COLUMN * columns)
  height = _ROW * len(rows) + bottom + top
  figure = new_figure(width, height)
  axes = figure.add_axes(
    (0.6 / width, bottom / height, 1 - 0.75 / width, _ROW * len(rows) / height)
  )
  for y, row in enumerate(table):
    for x, shares in enumerate(row):
      left, total = x + 0.03, sum(share for _, share in shares)
      most = max((share for _, share in shares), default=0.0)
      for name, share in shares:
        part = 0.94 * share / total
        axes.add_patch(
          Rectangle(
            (left, y + 0.04),
            part,
            0.92,
            color=colours[name],
            linewidth=0,
            alpha=1.0 if share == most else 0.45,
          )
        )
        if named and len(shares) == 1:
          axes.text(
            left + part / 2,
            y + 0.52,
            _short(name),
            ha='center',
            va='center',
            fontsize=6.5,
            color=_on(colours[name]),
          )
        left += part
  axes.set_xlim(0, columns)
  axes.set_ylim(len(rows), 0)
  reduces = 'reduce' in groups.values()
  marks = {'reduce': '↓'}
  axes.set_xticks(
    np.arange(columns) + 0.5,
    [
      f'{name.removeprefix("cell_")}\n{marks.get(kind, " ")}'
      for name, kind in groups.items()
    ],
    fontsize=7.5,
  )
  axes.set_yticks(np.arange(len(rows)) + 0.5, rows, fontsize=8)
  axes.tick_params(length=0)
  axes.spines[:].set_visible(False)
  figure.text(
    0.6 / width,
    (bottom - 0.47) / height,
    'cell' + (' (↓ halves the image)' if reduces else ''),
    fontsize=8,
  )
  figure.legend(
    [Patch(color=colours[name]) for name in operations],
    operations,
    loc='lower center',
    frameon=False,
    ncols=min(4, len(operations)),
    fontsize=8,
    handlelength=1,
  )
  figure.suptitle(title, fontsize=11, y=1 - 0.1 / height, va='top')
  return figure


def genotype_overview(genotype, kinds: Mapping[str, str]) -> Figure:
  """Draws the operations of all cells: edges down, cells across.

  Args:
    genotype: a `Genotype`: `cells` maps names to `CellGenotype`s.
    kinds: cell name to kind, for all cells.

  Returns:
    The figure; edges that a cell does not have stay blank.
  """
  found: dict[tuple[int, int], dict[str, list[str]]] = {}
  for name, cell in genotype.cells.items():
    for operation, source, target in cell.edges:
      edge = found.setdefault((target, source), {})
      edge.setdefault(name, []).append(operation)
  pairs = sorted(found)
  table = [
    [
      [(operation, 1.0) for operation in found[pair].get(name, ())]
      for name in genotype.cells
    ]
    for pair in pairs
  ]
  return _figure(
    table,
    [f'{source}→{target}' for target, source in pairs],
    {name: kinds[name] for name in genotype.cells},
    'Operations of all cells',
    named=True,
  )


def alpha_overview(
  weights: Mapping[str, np.ndarray], space: SearchSpace, title: str
) -> Figure:
  """Draws the mixing weights of all cells: edges down, cells across.

  Each square is divided among the edge's candidates as the weights are;
  the greatest has the full colour.

  Args:
    weights: group to mixing weights `(edges, candidates)`.
    space: the search space that they belong to.
    title: written above.

  Returns:
    The figure.

  Raises:
    InputError: if a group or its shape is not that of the space.
  """
  kinds = group_kinds(space, weights)
  rows = edge_names(space)
  table = [[] for _ in rows]
  for group, kind in kinds.items():
    values = np.asarray(weights[group], dtype=float)
    check_edges(values, rows, 2)
    names = names_by_edge(space.candidates[kind], *values.shape)
    for row, candidates, value in zip(table, names, values, strict=True):
      # A share that is not positive has no width.
      row.append(
        [
          (name, float(share))
          for name, share in zip(candidates, value)
          if share > 0
        ]
      )
  return _figure(table, rows, kinds, title, named=False)


def mean_over_edges(
  history: Mapping[str, np.ndarray], space: SearchSpace
) -> tuple[np.ndarray, list[tuple[str, ...]]]:
  """Means of the mixing weights of each operation in each cell.

  Args:
    history: group to mixing weights `(epochs, edges, candidates)`.
    space: the search space that they belong to.

  Returns:
    `(epochs, groups, operations)`, the mean over the edges that have the
    operation; and the names of each group's operations.

  Raises:
    InputError: if a group or its shape is not that of the space.
  """
  means, names = [], []
  for group, kind in group_kinds(space, history).items():
    values = np.asarray(history[group], dtype=float)
    check_edges(values, edge_names(space), 3)
    lists = names_by_edge(space.candidates[kind], *values.shape[1:])
    names.append(tuple(distinct(lists)))
    means.append(
      [
        np.mean(
          [
            values[:, edge, row.index(name)]
            for edge, row in enumerate(lists)
            if name in row
          ],
          axis=0,
        )
        for name in names[-1]
      ]
    )
  longest = max(map(len, names))
  table = np.full((len(means[0][0]), len(means), longest), np.nan)
  for group, columns in enumerate(means):
    for column, value in enumerate(columns):
      table[:, group, column] = value
  return table, names
