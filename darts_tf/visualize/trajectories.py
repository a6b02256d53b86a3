"""Paths of the bilevel toy problem in the plane."""

import os
from collections.abc import Mapping, Sequence

import numpy as np

from darts_tf.config.errors import InputError
from darts_tf.visualize.figure import new_figure, save_figure

_COLOURS = (
  '#d62728',
  '#1f77b4',
  '#2ca02c',
  '#9467bd',
  '#ff7f0e',
  '#17a2b8',
  '#8c564b',
  '#e377c2',
  '#7f7f7f',
  '#bcbd22',
)
_FARTHEST = 8.0


def _check(trajectories: Sequence[Mapping[str, object]]) -> None:
  if not trajectories:
    raise InputError(
      'There is no trajectory to draw; expected at least one.'
      ' Received: trajectories=[]'
    )
  for path in trajectories:
    lengths = len(path['alpha']), len(path['w'])
    if lengths[0] != lengths[1] or not lengths[0]:
      raise InputError(
        'A trajectory has as many alphas as weights; expected two lists of'
        f' one positive length. Received: label={path["label"]!r},'
        f' alpha={lengths[0]} values, w={lengths[1]} values'
      )


def _without_twins(
  trajectories: Sequence[Mapping[str, object]],
) -> list[dict[str, object]]:
  """Joins paths that no eye could tell apart; their labels are listed."""
  distinct: list[dict[str, object]] = []
  for trajectory in trajectories:
    for other in distinct:
      if len(other['alpha']) == len(trajectory['alpha']) and all(
        np.allclose(other[key], trajectory[key], rtol=0, atol=1e-3)
        for key in ('alpha', 'w')
      ):
        other['label'] = f'{other["label"]}, {trajectory["label"]}'
        break
    else:
      distinct.append(dict(trajectory))
  return distinct


def draw_trajectories(
  trajectories: Sequence[Mapping[str, object]], path: str | os.PathLike[str]
) -> str:
  """Writes the paths of several gradients on the bilevel toy problem.

  `L_train = w² - 2 α w + α²` is least on `w = α`;
  `L_val = α w - 2 α + 1` restricted to it is least at `(1, 1)`
  (arXiv:1806.09055, section 2.3). Contours are those of `L_val`.

  Args:
    trajectories: mappings with `label` and equally long lists `alpha`
      and `w`, from start to end; `thin` may be true, for what is shown
      for comparison only. Equal paths are drawn once.
    path: PNG file.

  Returns:
    The path.

  Raises:
    InputError: if there is no trajectory or its lists differ in length,
      or if the path is not a PNG file.
  """
  _check(trajectories)
  trajectories = _without_twins(trajectories)
  every = np.concatenate(
    [np.asarray(t[key], float) for t in trajectories for key in ('alpha', 'w')]
  )
  # A path that diverges leaves the picture instead of shrinking the rest.
  every = np.clip(every[np.isfinite(every)], -_FARTHEST, _FARTHEST)
  low, high = min([0.0, *every]) - 0.4, max([2.0, *every]) + 0.4
  grid = np.linspace(low, high, 200)
  alpha, w = np.meshgrid(grid, grid)
  # The legend stands below: paths may lie anywhere.
  figure = new_figure(
    6.6, 5.8 + 0.18 * (len(trajectories) + 2), layout='constrained'
  )
  axes = figure.add_subplot()
  contours = axes.contourf(
    alpha, w, alpha * w - 2 * alpha + 1, levels=24, cmap='Greys', alpha=0.55
  )
  figure.colorbar(contours, ax=axes, label='$L_{val}$', pad=0.02)
  axes.plot(
    (low, high),
    (low, high),
    color='#444444',
    linewidth=1.2,
    linestyle='--',
    label='$w = \\alpha$',
  )
  for i, trajectory in enumerate(trajectories):
    colour = _COLOURS[i % len(_COLOURS)]
    x, y = (np.asarray(trajectory[key], float) for key in ('alpha', 'w'))
    thin = bool(trajectory.get('thin'))
    axes.plot(
      x,
      y,
      color=colour,
      linewidth=1.0 if thin else 2.0,
      linestyle=(0, (4, 2)) if thin else '-',
      label=f'α = {x[-1]:.3f}: {trajectory["label"]}',
    )
    axes.plot(x[:1], y[:1], 'o', color='white', mec=colour, zorder=4)
    axes.plot(x[-1:], y[-1:], 's', color=colour, mec='white', zorder=5)
  axes.plot(
    1,
    1,
    '*',
    color='#ffd23f',
    mec='black',
    markersize=15,
    zorder=6,
    linestyle='none',
    label='solution (1, 1)',
  )
  axes.set_xlim(low, high)
  axes.set_ylim(low, high)
  axes.set_aspect('equal')
  axes.set_xlabel('$\\alpha$')
  axes.set_ylabel('$w$')
  axes.set_title('Bilevel toy problem: ○ start, ■ end', fontsize=10.5)
  figure.legend(fontsize=8.5, loc='outside lower center')
  return save_figure(figure, path)
