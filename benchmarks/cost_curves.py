"""Measures how the cost of a search step grows, and draws it.

  python benchmarks/cost_curves.py --output=curves.json --plot=curves.png

One size changes at a time: cells, channels, images of a batch, replicas.
Each point is a process of its own; the same command goes on with the points
that are missing in --output. Replicas are parts of this machine's CPU, so
the scaling is that of two cores: half of the batch on one core, compared to
the whole batch on two replicas.
"""

import dataclasses
import sys
from typing import Any

import numpy as np
from absl import flags
from measuring import Results, measure

from darts_tf.config import app
from darts_tf.visualize.figure import new_figure, save_figure

_GRADIENT = flags.DEFINE_string(
  'gradient', 'first_order', 'Architecture gradient of the step.'
)
_STEPS = flags.DEFINE_integer(
  'steps', 5, 'Steps that are timed at each point.', lower_bound=1
)
_OUTPUT = flags.DEFINE_string(
  'output', None, 'JSON file of the measurements.', required=True
)
_PLOT = flags.DEFINE_string('plot', None, 'PNG file.', required=True)

_COLOUR = '#1d5fa8'
_MEASURED = (
  ('seconds_per_step_median', 'seconds a step'),
  ('peak_rss_mib', 'peak memory, MiB'),
)


@dataclasses.dataclass(frozen=True)
class Point:
  """A search whose step is measured.

  Args:
    cells: number of cells.
    channels: of the first cell.
    batch_size: images of a step, over all replicas.
    replicas: parts of the CPU.
    one_core: whether the process is held on one core.
  """

  cells: int = 8
  channels: int = 8
  batch_size: int = 32
  replicas: int = 1
  one_core: bool = False

  def __str__(self) -> str:
    text = ', '.join(
      f'{name}={value}' for name, value in dataclasses.asdict(self).items()
    )
    return f'{_GRADIENT.value}, {text}'

  def measure(self) -> dict[str, Any]:
    """Measures it in a process of its own."""
    command = [
      sys.executable,
      'bin/benchmark.py',
      f'--cells={self.cells}',
      f'--channels={self.channels}',
      f'--batch_size={self.batch_size}',
      f'--gradient={_GRADIENT.value}',
      f'--steps={_STEPS.value}',
    ]
    if self.replicas > 1:
      command += ['--strategy=mirrored', f'--virtual_devices={self.replicas}']
    if self.one_core:
      command = ['taskset', '--cpu-list', '0', *command]
    return measure(command)


CURVES = {
  'cells': (4, 8, 12, 16, 20),
  'channels': (8, 16, 24, 36),
  'batch_size': (16, 32, 64, 128),
  'replicas': (1, 2),
}
HALF = Point(batch_size=Point.batch_size // 2, one_core=True)


def curve(name: str) -> list[Point]:
  """The points of one curve."""
  return [Point(**{name: value}) for value in CURVES[name]]


def line(x: np.ndarray, y: np.ndarray) -> tuple[float, float, float]:
  """Fits a line by least squares of relative errors.

  Returns:
    Its value at 0, its slope, and the largest deviation of a point from it,
    relative to the line.
  """
  slope, start = np.polyfit(x, y, 1, w=1 / y)
  fitted = start + slope * x
  return start, slope, float(np.max(np.abs(y / fitted - 1)))


def _values(results: Results, points: list[Point], field: str) -> np.ndarray:
  return np.array([results[str(point)][0][field] for point in points], float)


def table(results: Results) -> str:
  """Formats lines through the curves, and the cost of a second replica."""
  rows = ['| | at 0 | for each more | largest deviation |', '|---|---|---|---|']
  for name in ('cells', 'channels', 'batch_size'):
    for field, label in _MEASURED:
      start, slope, deviation = line(
        np.array(CURVES[name], float), _values(results, curve(name), field)
      )
      rows.append(
        f'| {label}, by {name} | {start:.4g} | {slope:.4g} |'
        f' {100 * deviation:.1f} % |'
      )
  one, two = (results[str(point)][0] for point in curve('replicas'))
  half = results[str(HALF)][0]
  ratio = lambda a, b, field: f'{a[field] / b[field]:.2f}'
  time, memory = (field for field, _ in _MEASURED)
  rows += [
    '',
    f'Two replicas over one, same batch: {ratio(two, one, time)} of the'
    f' time, {ratio(two, one, memory)} of the memory.',
    'Half of the batch on one core over two replicas on two:'
    f' {ratio(half, two, time)}.',
  ]
  return '\n'.join(rows)


def draw(results: Results, path: str) -> None:
  """Draws all curves: time above, memory below."""
  figure = new_figure(3 * len(CURVES), 5.6, layout='constrained')
  grid = figure.subplots(2, len(CURVES), sharex='col')
  for column, name in enumerate(CURVES):
    x = np.array(CURVES[name], float)
    for axes, (field, label) in zip(grid[:, column], _MEASURED):
      y = _values(results, curve(name), field)
      if name == 'replicas':
        axes.bar(x, y, 0.5, color=_COLOUR)
        axes.set_xlim(0.4, 2.6)
      else:
        start, slope, _ = line(x, y)
        ends = np.array([0, x[-1]])
        axes.plot(ends, start + slope * ends, '--', color='#999999')
        axes.plot(x, y, 'o', color=_COLOUR)
        axes.set_xlim(0)
      axes.set_xticks(x)
      axes.set_ylim(0)
      axes.grid(alpha=0.3)
      axes.spines[['top', 'right']].set_visible(False)
      if not column:
        axes.set_ylabel(label)
    grid[1, column].set_xlabel(
      {'batch_size': 'images of a batch'}.get(name, name)
    )
  base = Point()
  figure.suptitle(
    f'A search step ({_GRADIENT.value.replace("_", " ")}); where not said'
    f' otherwise {base.cells} cells, {base.channels} channels, batch'
    f' {base.batch_size}',
    fontsize=10.5,
  )
  save_figure(figure, path)


def main(unused_argv: list[str]) -> None:
  """Measures, prints and draws."""
  results = Results(_OUTPUT.value)
  points = [point for name in CURVES for point in curve(name)] + [HALF]
  for point in dict.fromkeys(points):
    if not results[str(point)]:
      results.add(str(point), point.measure())
  print(f'\n{table(results)}')
  draw(results, _PLOT.value)


if __name__ == '__main__':
  app.run(main)
