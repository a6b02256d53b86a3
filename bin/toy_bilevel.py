"""Solves the two-number bilevel problem for several inner step sizes.

    python bin/toy_bilevel.py --xi=0,0.3,0.5,0.7

prints how many iterations gradient descent takes and where it ends. The
solution is alpha = w = 1; only an inner step of xi = 0.5 ends there.
"""

import math
import pathlib

from absl import flags

from darts_tf import app
from darts_tf.errors import InputError

_XI = flags.DEFINE_list(
    'xi', ['0', '0.3', '0.5', '0.7'],
    'Inner step sizes, numbers of at least 0, separated by commas; 0 is'
    ' first order.')
_GRADIENT = flags.DEFINE_enum(
    'gradient', 'second_order', ['second_order', 'second_order_exact'],
    'How the gradient through the inner step is computed.')
_LEARNING_RATE = flags.DEFINE_float(
    'learning_rate', 0.01, 'Learning rate of alpha and of w.')
_TOLERANCE = flags.DEFINE_float(
    'tolerance', 1e-4, 'Stop when both alpha and w move by less.')
_MAX_ITERATIONS = flags.DEFINE_integer(
    'max_iterations', 10_000, 'Stop after this many iterations anyway.')
_OUTPUT = flags.DEFINE_string(
    'output', None,
    'Directory for toy.json and trajectory.png; nothing is written without'
    ' it.')


def _parse_xi(texts: list[str]) -> list[float]:
  """Returns the step sizes of the flag."""
  values = []
  for text in texts:
    try:
      value = float(text)
    except ValueError:
      value = math.nan
    if not (math.isfinite(value) and value >= 0):
      raise InputError(
          'Not an inner step size; expected numbers of at least 0, separated'
          f' by commas. Received: xi={",".join(texts)!r}')
    values.append(value)
  if not values:
    raise InputError(
        'No inner step size; expected at least one number. Received:'
        " xi=''")
  return values


def _table(trajectories) -> str:
  """Returns the table that is printed."""
  lines = [f'{"xi":>6}  {"iterations":>10}  {"alpha":>8}  {"w":>8}']
  for path in trajectories:
    note = '' if path.converged else '  (not at rest yet)'
    lines.append(
        f'{path.xi:>6g}  {path.iterations:>10}  {path.alpha[-1]:>8.3f}'
        f'  {path.w[-1]:>8.3f}{note}')
  return '\n'.join(lines)


def _write(directory: pathlib.Path, trajectories) -> None:
  """Writes the end points and the plot."""
  # Imported here: the plot is optional, its library is slow to load.
  from darts_tf.visualize import draw_trajectories
  from darts_tf.workdir import WorkDir, atomic_write_json
  WorkDir(directory).create()
  atomic_write_json(directory / 'toy.json', [
      {'xi': path.xi, 'iterations': path.iterations,
       'alpha': path.alpha[-1], 'w': path.w[-1]} for path in trajectories])
  draw_trajectories(
      [{'label': f'xi = {path.xi:g}', 'alpha': path.alpha, 'w': path.w}
       for path in trajectories],
      directory / 'trajectory.png')


def main(argv):
  """Solves, prints and writes."""
  del argv
  xis = _parse_xi(_XI.value)
  # Imported here, so that --help and wrong flags answer at once.
  from darts_tf.benchmark import bilevel_toy
  trajectories = [
      bilevel_toy.solve(
          xi, gradient=_GRADIENT.value, learning_rate=_LEARNING_RATE.value,
          tolerance=_TOLERANCE.value, max_iterations=_MAX_ITERATIONS.value)
      for xi in xis]
  print(_table(trajectories))
  if _OUTPUT.value is not None:
    _write(pathlib.Path(_OUTPUT.value), trajectories)


if __name__ == '__main__':
  app.run(main)
