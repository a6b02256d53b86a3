"""Mixing weights as heat maps and as curves over epochs."""

import os
from collections.abc import Mapping, Sequence

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from darts_tf.search_space.space import SearchSpace
from darts_tf.visualize.edges import (
  MAX_COLUMNS,
  CandidateNames,
  check_edges,
  distinct,
  edge_names,
  group_kinds,
  names_by_edge,
)
from darts_tf.visualize.figure import new_figure, save_figure
from darts_tf.visualize.overview import MANY_CELLS, alpha_overview
from darts_tf.visualize.palette import known_first, operation_colours

# One legend cannot tell the colours of more operations apart.
_MOST_IN_LEGEND = 8
# Letters of a name that fits next to another one above a panel.
_MOST_BESIDE = 16
_OWN_LEGEND = {
  'fontsize': 5.8,
  'handlelength': 1.1,
  'handletextpad': 0.4,
  'columnspacing': 0.8,
  'labelspacing': 0.25,
  'borderpad': 0.1,
}


def _table(
  weights: np.ndarray, names: tuple[tuple[str, ...], ...]
) -> tuple[np.ndarray, list[str], bool]:
  """Arranges weights in columns.

  Returns:
    `(edges, columns)` with NaN where an edge lacks the candidate; names
    of the columns; whether cells have to name their candidate.
  """
  columns = distinct(names)
  differ = any(row != names[0] for row in names)
  if differ:  # Their order on one edge says nothing of the others.
    columns = known_first(columns)
  by_rank = differ and len(columns) > MAX_COLUMNS
  if by_rank:
    columns = [f'candidate {i}' for i in range(weights.shape[1])]
  table = np.full((len(names), len(columns)), np.nan)
  for edge, row in enumerate(names):
    for i, name in enumerate(row):
      table[edge, i if by_rank else columns.index(name)] = weights[edge, i]
  return table, columns, by_rank


def alpha_heat_map(
  weights: np.ndarray,
  edge_names: Sequence[str],
  candidate_names: CandidateNames,
  title: str,
) -> Figure:
  """Draws mixing weights, edges down and operations across.

  The greatest weight of each edge is written in bold. An edge's missing
  candidates stay blank.

  Args:
    weights: `(edges, candidates)`.
    edge_names: one name for each edge.
    candidate_names: names for all edges, or one list for each edge.
    title: written above.

  Returns:
    The figure.

  Raises:
    InputError: if shapes and names do not belong together.
  """
  weights = np.asarray(weights, dtype=float)
  check_edges(weights, edge_names, 2)
  names = names_by_edge(candidate_names, *weights.shape)
  table, columns, by_rank = _table(weights, names)
  rows = len(table)
  longest = max(len(name) for row in names for name in row)
  wide = max(1.25, 0.062 * longest) if by_rank else 0.74
  figure = new_figure(
    1.9 + wide * len(columns), 1.75 + 0.31 * rows, layout='constrained'
  )
  axes = figure.add_subplot()
  finite = table[np.isfinite(table)]
  low, high = (finite.min(), finite.max()) if finite.size else (0.0, 1.0)
  if high - low < 1e-6:  # All alike: the middle of the scale.
    low, high = low - 0.05, high + 0.05
  colours = matplotlib.colormaps['viridis'].with_extremes(bad='white')
  image = axes.imshow(
    np.ma.masked_invalid(table),
    cmap=colours,
    vmin=low,
    vmax=high,
    aspect='auto',
  )
  axes.set_xticks(
    range(len(columns)),
    columns,
    rotation=35,
    ha='left',
    rotation_mode='anchor',
    fontsize=8.5,
  )
  axes.xaxis.tick_top()
  axes.set_yticks(range(rows), edge_names, fontsize=9)
  axes.tick_params(length=0)
  axes.spines[:].set_visible(False)
  axes.set_xticks(np.arange(len(columns) + 1) - 0.5, minor=True)
  axes.set_yticks(np.arange(rows + 1) - 0.5, minor=True)
  axes.grid(which='minor', color='white', linewidth=1.5)
  axes.tick_params(which='minor', top=False, left=False)
  # Weights of a young search differ in the third digit only.
  digits = 2 if high - low >= 0.1 else 3
  for edge, column in np.argwhere(np.isfinite(table)):
    value = table[edge, column]
    best = value >= np.nanmax(table[edge]) - 1e-9
    text = f'{value:.{digits}f}'
    if by_rank:
      text = f'{names[edge][column]}\n{text}'
    axes.text(
      column,
      edge,
      text,
      ha='center',
      va='center',
      fontsize=6 if by_rank else 8,
      fontweight='bold' if best else None,
      color='black' if (value - low) / (high - low) > 0.6 else 'white',
    )
  axes.set_ylabel('edge')
  figure.colorbar(image, ax=axes, pad=0.02, aspect=25).ax.tick_params(
    labelsize=8
  )
  figure.suptitle(title, fontsize=11.5)
  return figure


def _own_rows(names: Sequence[Sequence[str]]) -> int:
  """Rows of a panel's own legend: short names stand side by side."""
  longest = max(len(name) for row in names for name in row)
  columns = 2 if longest <= _MOST_BESIDE else 1
  return -(-max(map(len, names)) // columns)


def alpha_evolution(
  history: np.ndarray,
  edge_names: Sequence[str],
  candidate_names: CandidateNames,
  title: str,
  first_epoch: int = 0,
) -> Figure:
  """Draws mixing weights over epochs, one panel an edge.

  Args:
    history: `(epochs, edges, candidates)`.
    edge_names: one name for each edge.
    candidate_names: names for all edges, or one list for each edge.
    title: written above.
    first_epoch: number of the first of the epochs.

  Returns:
    The figure: a line a candidate, one legend for all panels; one in each
    panel if edges have their own, too many for one legend.

  Raises:
    InputError: if shapes and names do not belong together.
  """
  history = np.asarray(history, dtype=float)
  check_edges(history, edge_names, 3)
  epochs, edges, _ = history.shape
  names = names_by_edge(candidate_names, *history.shape[1:])
  operations = distinct(names)
  colours = operation_colours(operations)
  own = (
    any(row != names[0] for row in names) and len(operations) > _MOST_IN_LEGEND
  )
  # As few empty panels as possible; wide rather than tall.
  across = min(
    range(min(5, edges), min(2, edges - 1), -1), key=lambda n: -edges % n
  )
  down = -(-edges // across)
  legend_rows = 0 if own else -(-len(operations) // 4)
  own_rows = _own_rows(names) if own else 0
  row_height = 1.7 + 0.12 * own_rows
  width, height = max(6.4, 2.0 * across), row_height * down
  bottom = 0.55 + 0.22 * legend_rows
  top = 0.65 + 0.12 * own_rows
  total = height + bottom + top
  figure = new_figure(width, total)
  panels = figure.subplots(
    down, across, sharex=True, sharey=True, squeeze=False
  )
  figure.subplots_adjust(
    left=0.55 / width,
    right=1 - 0.15 / width,
    bottom=bottom / total,
    top=1 - top / total,
    wspace=0.1,
    hspace=0.28 + 0.085 * own_rows,
  )
  lines = {}
  for edge, axes in enumerate(panels.flat):
    if edge >= edges:
      axes.set_visible(False)
      # The panel above the gap is now the lowest of its column.
      panels[edge // across - 1, edge % across].tick_params(labelbottom=True)
      continue
    for i, name in enumerate(names[edge]):
      (lines[name],) = axes.plot(
        np.arange(epochs) + first_epoch,
        history[:, edge, i],
        color=colours[name],
        label=name,
        linewidth=1.4,
        linestyle='--' if name == 'none' else '-',
        marker='o' if epochs == 1 else None,
        markersize=4,
      )
    axes.set_title(edge_names[edge], fontsize=9, pad=3 + 8.6 * own_rows)
    if own:
      axes.legend(
        loc='lower center',
        bbox_to_anchor=(0.5, 0.98),
        frameon=False,
        ncols=-(-len(names[edge]) // own_rows),
        **_OWN_LEGEND,
      )
    axes.grid(alpha=0.25)
    axes.tick_params(labelsize=7.5)
    axes.spines[['top', 'right']].set_visible(False)
    axes.xaxis.set_major_locator(MaxNLocator(4, integer=True, min_n_ticks=1))
  figure.supxlabel('epoch', fontsize=9, y=(bottom - 0.42) / total)
  if not own:
    figure.legend(
      list(lines.values()),
      list(lines),
      loc='lower center',
      frameon=False,
      ncols=min(4, len(lines)),
      fontsize=8.5,
    )
  figure.suptitle(title, fontsize=11.5, y=1 - 0.12 / total, va='top')
  return figure


def draw_alphas(
  weights: Mapping[str, np.ndarray],
  space: SearchSpace,
  directory: str | os.PathLike[str],
) -> list[str]:
  """Writes `alphas_<group>.png`, a heat map for each group of cells.

  More than four groups are drawn together, in `alphas.png`.

  Args:
    weights: group name to mixing weights `(edges, candidates)`.
    space: the search space that they belong to.
    directory: where to write; made if needed.

  Returns:
    The paths written.

  Raises:
    InputError: if a group or its shape is not that of the space.
  """
  if len(weights) > MANY_CELLS:
    figure = alpha_overview(weights, space, 'Mixing weights of all cells')
    return [save_figure(figure, os.path.join(directory, 'alphas.png'))]
  paths = []
  for group, kind in group_kinds(space, weights).items():
    figure = alpha_heat_map(
      weights[group],
      edge_names(space),
      space.candidates[kind],
      f'Mixing weights of the {group} cell',
    )
    paths.append(
      save_figure(figure, os.path.join(directory, f'alphas_{group}.png'))
    )
  return paths
