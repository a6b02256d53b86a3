"""Solves the two-number bilevel problem with several gradients.

    python bin/toy_bilevel.py --xi=0,0.3,0.5,0.7
    python bin/toy_bilevel.py --gradient=first_order,amended --eta=0.25

prints how many iterations gradient descent takes and where it ends. The
solution is alpha = w = 1.
"""

import math
import pathlib

from absl import flags

from darts_tf.config import app
from darts_tf.config.errors import InputError
from darts_tf.system import process

_XI = flags.DEFINE_list(
  'xi',
  ['0', '0.3', '0.5', '0.7'],
  'Inner step sizes, numbers of at least 0, separated by commas, of the'
  ' gradients that have an inner step; 0 is first order.',
)
_GRADIENT = flags.DEFINE_list(
  'gradient',
  ['second_order'],
  'Architecture gradients, separated by commas, or all.',
)
_OPTIONS = {
  'eta': flags.DEFINE_float(
    'eta', None, 'Coefficient of the amended gradients; default 0.1.'
  ),
  'difference_radius': flags.DEFINE_float(
    'difference_radius',
    None,
    'Length of the steps of finite differences; default 0.01, or 0.1 for'
    ' amended.',
  ),
  'neumann_terms': flags.DEFINE_integer(
    'neumann_terms',
    None,
    'Terms of the series of implicit beyond the first; default 2.',
  ),
  'neumann_step': flags.DEFINE_float(
    'neumann_step', None, 'Step size of that series; default: --xi.'
  ),
  'cg_iterations': flags.DEFINE_integer(
    'cg_iterations', None, 'Iterations of implicit_cg; default 10.'
  ),
  'damping': flags.DEFINE_float(
    'damping',
    None,
    "Added to the Hessian's eigenvalues in implicit_cg; default 0.01.",
  ),
}
_LEARNING_RATE = flags.DEFINE_float(
  'learning_rate', 0.01, 'Learning rate of alpha and of w.'
)
_TOLERANCE = flags.DEFINE_float(
  'tolerance', 1e-4, 'Stop when both alpha and w move by less.'
)
_MAX_ITERATIONS = flags.DEFINE_integer(
  'max_iterations', 10_000, 'Stop after this many iterations anyway.'
)
_OUTPUT = flags.DEFINE_string(
  'output',
  None,
  'Directory for toy.json and trajectory.png; nothing is written without'
  ' it. The plot shows other gradients besides those asked for.',
)

# Drawn besides the gradients asked for; exact forms take the same path.
_OTHERS = (
  ('first_order', 0.0),
  ('second_order', 0.5),
  ('amended', 0.0),
  ('implicit', 0.3),
  ('implicit_cg', 0.0),
)


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
        f' by commas. Received: xi={",".join(texts)!r}'
      )
    values.append(value)
  if not values:
    raise InputError(
      "No inner step size; expected at least one number. Received: xi=''"
    )
  return values


def _estimators(names: list[str], others: bool = False) -> list:
  """Returns the gradients with the options that the flags give them."""
  from darts_tf.architecture_gradient import architecture_gradients

  names = list(architecture_gradients) if names == ['all'] else names
  if not names:
    raise InputError(
      'No gradient; expected one of'
      f" {', '.join(architecture_gradients)}. Received: gradient=''"
    )
  given = {
    name: flag.value
    for name, flag in _OPTIONS.items()
    if flag.value is not None
  }
  owned = {name: architecture_gradients[name]().to_dict() for name in names}
  for option, value in given.items():
    if not others and not any(option in options for options in owned.values()):
      architecture_gradients.configured(
        names[0], {option: value}
      )  # Raises and says why.
  return [
    architecture_gradients.configured(
      name, {k: v for k, v in given.items() if k in owned[name]}
    )
    for name in names
  ]


def _setting(estimator, xi: float) -> str:
  """Returns the options that tell rows of the same gradient apart."""
  options = estimator.to_dict()
  options.pop('difference_radius', None)  # Without effect on a quadratic.
  if estimator.uses_learning_rate:
    options['xi'] = xi
  return ', '.join(
    f'{name.removeprefix("neumann_")}={value:g}'
    for name, value in options.items()
    if value is not None
  )


def _solve(estimator, xi: float):
  from darts_tf.architecture_gradient import bilevel_toy

  return bilevel_toy.solve(
    xi,
    gradient=estimator,
    learning_rate=_LEARNING_RATE.value,
    tolerance=_TOLERANCE.value,
    max_iterations=_MAX_ITERATIONS.value,
  )


def _table(rows) -> str:
  """Returns the table that is printed."""
  head = ('gradient', 'setting', 'iterations', 'alpha', 'w')
  cells = [
    (
      estimator.name,
      _setting(estimator, xi),
      str(path.iterations),
      f'{path.alpha[-1]:.3f}',
      f'{path.w[-1]:.3f}',
    )
    for estimator, xi, path in rows
  ]
  widths = [max(map(len, column)) for column in zip(head, *cells)]
  notes = [''] + [
    '' if path.converged else '  (not at rest yet)' for _, _, path in rows
  ]
  lines = []
  for row, note in zip((head, *cells), notes):
    texts = [
      cell.ljust(width) if i < 2 else cell.rjust(width)
      for i, (cell, width) in enumerate(zip(row, widths))
    ]
    lines.append('  '.join(texts) + note)
  return '\n'.join(lines)


def _entry(estimator, xi: float, path) -> dict:
  """Returns a row of toy.json."""
  end = {
    'iterations': path.iterations,
    'alpha': path.alpha[-1],
    'w': path.w[-1],
  }
  if estimator.uses_inner_step:
    return {'xi': xi, **end}
  options = estimator.to_dict()
  if estimator.uses_learning_rate:
    options['xi'] = xi
  return {'gradient': estimator.name, **options, **end}


def _write(directory: pathlib.Path, rows) -> None:
  """Writes the end points and the plot."""
  # Imported here: the plot is optional, its library is slow to load.
  from darts_tf.runs.workdir import WorkDir, atomic_write_json
  from darts_tf.visualize import draw_trajectories

  WorkDir(directory).create()
  atomic_write_json(directory / 'toy.json', [_entry(*row) for row in rows])
  asked = {estimator.name.removesuffix('_exact') for estimator, _, _ in rows}
  others = []
  for (name, xi), estimator in zip(
    _OTHERS, _estimators([name for name, _ in _OTHERS], others=True)
  ):
    if name not in asked:
      xi = xi if estimator.uses_learning_rate else 0.0
      others.append((estimator, xi, _solve(estimator, xi)))
  draw_trajectories(
    [
      {
        'label': f'{estimator.name} {_setting(estimator, xi)}'.strip(),
        'alpha': path.alpha,
        'w': path.w,
        'thin': thin,
      }
      for group, thin in ((rows, False), (others, True))
      for estimator, xi, path in group
    ],
    directory / 'trajectory.png',
  )


def main(argv):
  """Solves, prints and writes."""
  del argv
  # Here, not at import: --help and wrong flags are answered at once.
  process.tune()
  xis = _parse_xi(_XI.value)
  rows = [
    (estimator, xi, _solve(estimator, xi))
    for estimator in _estimators(_GRADIENT.value)
    for xi in (xis if estimator.uses_learning_rate else [0.0])
  ]
  print(_table(rows))
  if _OUTPUT.value is not None:
    _write(pathlib.Path(_OUTPUT.value), rows)


if __name__ == '__main__':
  app.run(main)
