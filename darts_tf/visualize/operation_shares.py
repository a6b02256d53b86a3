"""The kinds of operations among the candidates, from stage to stage."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from darts_tf.genotype.parameterized import Convolution, parse
from darts_tf.visualize.figure import new_figure
from darts_tf.visualize.operation_groups import (
  Group,
  by_depth,
  by_kernel,
  by_width,
  shares,
)

_GROUPINGS = {
  'kernel and dilation': by_kernel,
  'number of units': by_depth,
  'greatest width between units': by_width,
}


def operation_shares_figure(
  stages: Sequence[Any], genotype: Any = None
) -> Figure:
  """Draws the share of each group of operations among all candidates.

  Each kind of cell has a row of panels. Each candidate of each edge counts
  the same. Without parameterized convolutions, the figure has no groupings by
  depth and width.

  Args:
    stages: the `StageRecord`s of a search, in order.
    genotype: a `Genotype`, whose operations are the last bar; `None` for
      none.

  Returns:
    The figure: stacked bars over stages, a legend below each column.
  """
  bars = {kind: _bars(stages, genotype, kind) for kind in stages[0].candidates}
  names = {
    name
    for of_kind in bars.values()
    for of_bar in of_kind.values()
    for name in of_bar
  }
  groupings = dict(_GROUPINGS)
  if not any(isinstance(parse(name), Convolution) for name in names):
    groupings = {'operation': by_kernel}
  across, down = len(groupings), len(bars)
  legend_rows = max(
    len({group(name) for name in names}) for group in groupings.values()
  )
  width, bottom, top, row = 3.2 * across + 0.6, 0.16 * legend_rows, 0.4, 2.3
  height = top + row * down + 0.2 + bottom
  figure = new_figure(width, height)
  panels = figure.subplots(
    down, across, sharex='row', sharey=True, squeeze=False
  )
  figure.subplots_adjust(
    left=0.75 / width,
    right=1 - 0.1 / width,
    top=1 - top / height,
    bottom=(bottom + 0.55) / height,
    hspace=0.3,
    wspace=0.08,
  )
  for column, (title, group) in enumerate(groupings.items()):
    for axes, (kind, of_kind) in zip(panels[:, column], bars.items()):
      _stack(axes, of_kind, group)
      if not column:
        axes.set_ylabel(f'{kind} cell', fontsize=10)
    panels[0, column].set_title(f'by {title}', fontsize=10.5)
    box = panels[-1, column].get_position()
    # From the top of the stack to its bottom.
    present = sorted({group(name) for name in names}, reverse=True)
    figure.legend(
      [Patch(color=colour) for *_, colour in present],
      [text for _, text, _ in present],
      loc='upper left',
      frameon=False,
      bbox_to_anchor=(box.x0, (bottom + 0.15) / height),
      fontsize=8,
      handlelength=1,
      labelspacing=0.35,
    )
  return figure


def _bars(
  stages: Sequence[Any], genotype: Any, kind: str
) -> dict[str, list[str]]:
  """Returns the operations of each bar of a cell kind, with repetitions."""
  bars = {
    str(number): [name for edge in stage.candidates[kind] for name in edge]
    for number, stage in enumerate(stages, 1)
  }
  if genotype is not None and kind in genotype.cells:
    bars['genotype'] = [
      operation for operation, *_ in genotype.cells[kind].edges
    ]
  return {label: names for label, names in bars.items() if names}


def _stack(
  axes: Axes, bars: Mapping[str, Sequence[str]], group: Callable[[str], Group]
) -> None:
  """Draws stacked bars."""
  places = [
    # A gap before the genotype.
    place + 0.6 * (label == 'genotype')
    for place, label in enumerate(bars)
  ]
  for place, names in zip(places, bars.values()):
    base = 0.0
    for (_, _, colour), share in shares(names, group).items():
      axes.bar(
        place,
        share,
        bottom=base,
        width=0.86,
        color=colour,
        edgecolor='white',
        linewidth=0.6,
      )
      base += share
  axes.set_ylim(0, 1)
  axes.set_xticks(places, list(bars), fontsize=8)
  axes.set_yticks(
    (0, 0.25, 0.5, 0.75, 1), ('0', '25 %', '50 %', '75 %', '100 %'), fontsize=8
  )
  axes.set_xlabel('stage', fontsize=8.5, labelpad=1)
  axes.tick_params(length=0, labelleft=axes.get_subplotspec().is_first_col())
  axes.spines[:].set_visible(False)
