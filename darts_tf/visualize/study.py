"""Accuracy over epochs of several methods, over several seeds."""

import dataclasses
import os
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator

from darts_tf.config.errors import InputError
from darts_tf.visualize.figure import new_figure, save_figure

Course = Sequence[tuple[int, float]]

_COLOURS = (
  '#1f77b4',
  '#d62728',
  '#2ca02c',
  '#9467bd',
  '#ff7f0e',
  '#17a2b8',
  '#8c564b',
  '#e377c2',
  '#bcbd22',
  '#12305c',
  '#7f7f7f',
  '#006400',
  '#ffb000',
  '#800020',
)
_DASHES = ((0, (1, 1.5)), (0, (6, 2)), (0, (6, 2, 1, 2)))
_GREY = '#5f5f5f'

# The scale is logarithmic in the distance from a point this much above the
# highest value, in percent.
_ABOVE = 0.25
# Below this range, in percent, an ordinary axis shows everything.
_WIDE = 4.0
# (multiples of, within this of the highest value): where ticks may be.
_TICKS = ((0.1, 0.1), (0.5, 1.5), (1, 5), (2, 10), (5, 20), (10, 100))


@dataclasses.dataclass(frozen=True)
class StudyLine:
  """One method in a plot; accuracies are in percent.

  Args:
    label: its name in the legend.
    course: (epoch, mean accuracy); empty for a method without epochs.
    courses: the same of each seed.
    level: accuracy at the end.
  """

  label: str
  course: Course
  courses: Sequence[Course] = ()
  level: float = float('nan')


def study_figure(
  lines: Sequence[StudyLine],
  references: Mapping[str, float],
  title: str,
  stretch: bool = True,
) -> Figure:
  """Draws a study; see `draw_study`."""
  if not lines:
    raise InputError(
      'There is no method to draw; expected at least one. Received: lines=[]'
    )
  rows = len(lines) + len(references)
  figure = new_figure(9.6, max(4.6, 1.2 + 0.24 * rows), layout='constrained')
  axes = figure.add_subplot()
  colours = [_COLOURS[i % len(_COLOURS)] for i in range(len(lines))]
  for line, colour in zip(lines, colours, strict=True):
    # The seeds of one method below, so that the means stay readable.
    for course in line.courses if len(line.courses) > 1 else ():
      axes.plot(
        *np.transpose(course) if len(course) else ((), ()),
        color=colour,
        linewidth=0.8,
        alpha=0.45,
        zorder=2,
      )
  for line, colour in zip(lines, colours, strict=True):
    if line.course:
      few = len(line.course) <= 20
      axes.plot(
        *np.transpose(line.course),
        color=colour,
        linewidth=2.2,
        marker='o' if few else None,
        markersize=3.5,
        zorder=3,
        label=f'{line.label}: {line.level:.2f}',
      )
    else:
      axes.axhline(
        line.level,
        color=colour,
        linewidth=2.2,
        linestyle=(0, (4, 1.5)),
        zorder=3,
        label=f'{line.label}: {line.level:.2f}',
      )
  for (label, value), dashes in zip(
    references.items(), _DASHES * len(references), strict=False
  ):
    axes.axhline(
      value,
      color=_GREY,
      linewidth=1.1,
      linestyle=dashes,
      zorder=1,
      label=f'{label}: {value:.2f}',
    )
  if stretch:
    _stretch(axes, _values(lines, references))
  axes.set_title(title, fontsize=10.5)
  axes.set_xlabel('epoch (thick: mean over seeds, thin: each seed)', fontsize=9)
  axes.xaxis.set_major_locator(MaxNLocator(8, integer=True, min_n_ticks=1))
  axes.grid(alpha=0.3)
  axes.tick_params(labelsize=8.5)
  axes.spines[['top', 'right']].set_visible(False)
  figure.legend(
    fontsize=8.5, loc='outside right upper', frameon=False, handlelength=2.6
  )
  return figure


def draw_study(
  lines: Sequence[StudyLine],
  references: Mapping[str, float],
  title: str,
  path: str | os.PathLike[str],
  stretch: bool = True,
) -> str:
  """Writes the accuracy over epochs: a line a method, thin lines a seed.

  Where accuracies are far apart, a stretched axis is logarithmic in the
  distance from the top, so that the collapse of a search and differences of
  0.1 among the best are visible in one picture.

  Args:
    lines: the methods.
    references: label to accuracy in percent, drawn as horizontal lines.
    title: of the plot.
    path: PNG file.
    stretch: whether the axis may be stretched.

  Returns:
    The path.

  Raises:
    InputError: if there is no method, or the path is not a PNG file.
  """
  return save_figure(study_figure(lines, references, title, stretch), path)


def _values(
  lines: Sequence[StudyLine], references: Mapping[str, float]
) -> np.ndarray:
  """Everything that must be visible."""
  drawn = [
    value
    for line in lines
    for course in (line.course, *line.courses)
    for _, value in course
  ]
  drawn += [line.level for line in lines if not line.course]
  return np.array([*drawn, *references.values()], float)


def _stretch(axes, values: np.ndarray) -> None:
  low, high = float(values.min()), float(values.max())
  if high - low <= _WIDE:
    return
  top = high + _ABOVE
  # Beyond the top the logarithm does not exist; nothing is drawn there.
  forward = lambda y: -np.log10(np.maximum(top - np.asarray(y), 1e-6))
  inverse = lambda z: top - 10.0 ** -np.asarray(z)
  axes.set_yscale('function', functions=(forward, inverse))
  axes.set_ylim(low - 0.12 * (top - low), high + 0.3 * _ABOVE)
  ticks = {
    round(step * k, 1)
    for step, within in _TICKS
    for k in range(int(high / step + 1e-6), 0, -1)
    if max(low, high - within) <= step * k
  }
  kept = _apart(
    sorted(ticks), forward, 0.035 * np.ptp(forward(axes.get_ylim()))
  )
  axes.yaxis.set_major_locator(FixedLocator(kept))
  axes.yaxis.set_minor_locator(FixedLocator([]))
  axes.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f'{y:g}'))


def _apart(ticks, forward, least) -> list[float]:
  """The ticks that do not come too close to the one above."""
  kept: list[float] = []
  for tick in reversed(ticks):
    if not kept or forward(kept[-1]) - forward(tick) >= least:
      kept.append(tick)
  return kept[::-1]
