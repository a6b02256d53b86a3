"""Curves of a search or a training, and paths of the bilevel toy."""

import math
import os
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from darts_tf.config.errors import InputError
from darts_tf.visualize.figure import new_figure, save_figure
from darts_tf.visualize.overview import MANY_CELLS

Metrics = Sequence[Mapping[str, Any]]

TRAIN, VALIDATION, _MEAN = '#1f77b4', '#d9591b', '#c2185b'
_PATHS = ('#d62728', '#1f77b4', '#2ca02c', '#9467bd', '#ff7f0e', '#17a2b8')


def _is_number(value: object) -> bool:
  """Whether a value can be drawn: a finite number, not absent or NaN."""
  return isinstance(value, (int, float, np.number)) and math.isfinite(value)


def series(
  metrics: Metrics, key: str, inner: str | None = None
) -> tuple[list[int], list[float]]:
  """Takes one quantity out of metrics.

  Args:
    metrics: one mapping an epoch, with `epoch` counted from 0.
    key: name of the quantity.
    inner: name inside a quantity that is itself a mapping.

  Returns:
    The epochs in which the quantity is a finite number, and its values.
  """
  epochs, values = [], []
  for position, row in enumerate(metrics):
    value = row.get(key)
    if inner is not None:
      value = (value or {}).get(inner)
    if _is_number(value):
      epochs.append(row.get('epoch', position))
      values.append(float(value))
  return epochs, values


def check_metrics(metrics: Metrics) -> None:
  """Raises `InputError` if there is no epoch."""
  if not metrics:
    raise InputError(
      'There are no metrics to draw; expected at least one epoch.'
      ' Received: metrics=[]'
    )


def panel(axes: Axes, title: str, lines: Sequence[tuple]) -> None:
  """Draws lines over epochs.

  Args:
    axes: where.
    title: written above.
    lines: `(label, colour, epochs, values)` of each; a line without a label
      is not in the legend.
  """
  drawn, named = False, False
  for label, colour, epochs, values in lines:
    if not values:
      continue
    few = len(values) <= 20
    axes.plot(
      epochs,
      values,
      color=colour,
      label=label or None,
      linewidth=1.7,
      marker='o' if few else None,
      markersize=3.5,
    )
    drawn, named = True, named or bool(label)
  axes.set_title(title, fontsize=10.5)
  axes.set_xlabel('epoch', fontsize=9)
  axes.grid(alpha=0.3)
  axes.tick_params(labelsize=8.5)
  axes.spines[['top', 'right']].set_visible(False)
  axes.xaxis.set_major_locator(MaxNLocator(8, integer=True, min_n_ticks=1))
  if named:
    axes.legend(frameon=False, fontsize=8.5)
  if not drawn:
    axes.text(
      0.5,
      0.5,
      'not measured',
      transform=axes.transAxes,
      ha='center',
      va='center',
      color='#767676',
    )
    axes.set_xticks([])
    axes.set_yticks([])


def curves_figure(metrics: Metrics) -> Figure:
  """Draws loss and accuracy over epochs; see `draw_curves`."""
  check_metrics(metrics)
  figure = new_figure(8.4, 3.1, layout='constrained')
  for axes, quantity in zip(
    figure.subplots(1, 2), ('loss', 'accuracy'), strict=True
  ):
    panel(
      axes,
      quantity,
      [
        ('train', TRAIN, *series(metrics, f'train_{quantity}')),
        ('validation', VALIDATION, *series(metrics, f'validation_{quantity}')),
      ],
    )
  return figure


def draw_curves(metrics: Metrics, path: str | os.PathLike[str]) -> str:
  """Writes loss and accuracy over epochs, training and validation.

  Epochs without a quantity are passed over.

  Args:
    metrics: lines of `metrics.jsonl`, with any of `train_loss`,
      `train_accuracy`, `validation_loss`, `validation_accuracy`.
    path: PNG file.

  Returns:
    The path.

  Raises:
    InputError: if there is no epoch, or if the path is not a PNG file.
  """
  return save_figure(curves_figure(metrics), path)


def _many_cells(
  axes, title: str, metrics: Metrics, key: str, groups: Sequence[str]
) -> None:
  """Draws a line a cell, coloured by depth, and their mean."""
  colours = matplotlib.colormaps['viridis_r'](np.linspace(0.1, 1, len(groups)))
  lines = []
  for group, colour in zip(groups, colours, strict=True):
    # Only the ends of the scale are named.
    name = group if group in (groups[0], groups[-1]) else '_'
    lines.append((name, to_hex(colour), *series(metrics, key, group)))
  means = [
    {'epoch': row.get('epoch', position), 'mean': np.mean(values)}
    for position, row in enumerate(metrics)
    if (values := [v for v in (row.get(key) or {}).values() if _is_number(v)])
  ]
  panel(
    axes,
    title,
    [*lines, (f'mean of {len(groups)} cells', _MEAN, *series(means, 'mean'))],
  )
  for line in axes.lines[:-1]:
    line.set(linewidth=0.9, markersize=2)
  axes.lines[-1].set(linewidth=2.4)
  # Lines are everywhere, so the legend needs a ground.
  axes.legend(fontsize=8.5, framealpha=0.85, edgecolor='white')


def entropy_figure(metrics: Metrics) -> Figure:
  """Draws entropy and skip connections; see `draw_entropy`."""
  check_metrics(metrics)
  figure = new_figure(8.4, 3.1, layout='constrained')
  panels = (
    ('entropy of the mixing weights', 'entropy'),
    ('skip connections in the genotype', 'skip_connections'),
  )
  for axes, (title, key) in zip(figure.subplots(1, 2), panels, strict=True):
    groups = list(
      dict.fromkeys(group for row in metrics for group in row.get(key) or {})
    )
    if len(groups) > MANY_CELLS:
      _many_cells(axes, title, metrics, key, groups)
    else:
      panel(
        axes,
        title,
        [
          (group, _PATHS[i], *series(metrics, key, group))
          for i, group in enumerate(groups)
        ],
      )
    if key == 'skip_connections':
      axes.yaxis.set_major_locator(MaxNLocator(6, integer=True, min_n_ticks=1))
  return figure


def draw_entropy(metrics: Metrics, path: str | os.PathLike[str]) -> str:
  """Writes entropy and number of skip connections over epochs.

  Args:
    metrics: lines of a search's `metrics.jsonl`, with `entropy` and
      `skip_connections` that map groups of cells to numbers.
    path: PNG file.

  Returns:
    The path.

  Raises:
    InputError: if there is no epoch, or if the path is not a PNG file.
  """
  return save_figure(entropy_figure(metrics), path)
