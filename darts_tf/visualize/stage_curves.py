"""Curves of a search in stages: accuracy, batch size, memory, time."""

from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from darts_tf.visualize.curves import (
  TRAIN,
  VALIDATION,
  Metrics,
  check_metrics,
  panel,
  series,
)
from darts_tf.visualize.figure import new_figure

_INK, _BUDGET, _BOUNDARY = '#1d5fa8', '#b4510b', '#9aa5b1'
# A budget so many times the largest peak would flatten the curve.
_FARTHEST_BUDGET = 4

# Batch sizes, with 0, beyond which not each one has a tick.
_MOST_TICKS = 7


def has_stages(metrics: Metrics, stages: Sequence[Any]) -> bool:
  """Returns whether a search had several stages, or batches that grow."""
  return len(stages) > 1 or any('batch_sizes' in row for row in metrics)


def stage_curves_figure(metrics: Metrics, stages: Sequence[Any] = ()) -> Figure:
  """Draws the changes from stage to stage, over epochs.

  Quantities that were not measured have no panel. A bar next to a batch size
  spans the sizes of its epoch, and the line joins the last ones.

  Args:
    metrics: lines of a search's `metrics.jsonl`.
    stages: the `StageRecord`s, in order.

  Returns:
    The figure; thin vertical lines are where stages begin.

  Raises:
    InputError: if there is no epoch.
  """
  check_metrics(metrics)
  lines = {
    'accuracy': [
      ('train', TRAIN, *series(metrics, 'train_accuracy')),
      ('validation', VALIDATION, *series(metrics, 'validation_accuracy')),
    ],
    'batch size': [('', _INK, *series(metrics, 'batch_size'))],
    'memory (MiB)': [('', _INK, *series(metrics, 'memory_mib'))],
    'seconds an epoch': [('', _INK, *series(metrics, 'seconds'))],
  }
  measured = {
    title: drawn
    for title, drawn in lines.items()
    if any(values for *_, values in drawn)
  } or {'accuracy': lines['accuracy']}
  down = -(-len(measured) // 2)
  figure = new_figure(8.4, 2.7 * down, layout='constrained')
  panels = list(
    figure.subplots(
      down, min(2, len(measured)), squeeze=False, sharex=True
    ).flat
  )
  for axes, (title, drawn) in zip(panels, measured.items()):
    panel(axes, title, drawn)
    axes.tick_params(labelbottom=True)
    if title == 'batch size':
      _add_ranges(axes, metrics)
    elif title == 'memory (MiB)':
      _add_budget(axes, metrics[-1].get('memory_budget_mib'))
    if title != 'accuracy':
      axes.set_ylim(bottom=0)
    for stage in stages[1:]:
      axes.axvline(
        stage.first_epoch - 0.5, color=_BOUNDARY, linewidth=0.8, zorder=0
      )
  for axes in panels[len(measured) :]:  # One is left of an odd number.
    axes.set_visible(False)
  return figure


def _add_ranges(axes: Axes, metrics: Metrics) -> None:
  """Shows the sizes of each epoch whose batches have grown."""
  every = {0}
  for position, row in enumerate(metrics):
    sizes = [size for _, size in row.get('batch_sizes', ())]
    every |= {*sizes}
    if sizes:
      axes.vlines(
        row.get('epoch', position),
        min(sizes),
        max(sizes),
        color=_INK,
        linewidth=min(4.0, 180 / len(metrics)),
        alpha=0.3,
      )
  if len(every) <= _MOST_TICKS:
    axes.set_yticks(sorted(every))
  else:
    axes.yaxis.set_major_locator(MaxNLocator(6, integer=True))


def _add_budget(axes: Axes, budget: float | None) -> None:
  if budget is None:
    return
  label = f'budget {budget:,.0f} MiB'
  peak = max(axes.lines[0].get_ydata())
  if budget > _FARTHEST_BUDGET * peak:
    axes.set_title(f'memory (MiB), {label}', fontsize=10.5)
    return
  axes.axhline(
    budget, color=_BUDGET, linewidth=1.2, linestyle='--', label=label
  )
  axes.set_ylim(top=1.08 * max(budget, peak))
  axes.legend(frameon=False, fontsize=8.5)
