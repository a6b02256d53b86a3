"""Replays recorded trainings under rules that stop them early.

  python bin/tune.py --flagfile=configs/tune_digits.flags --searches=0 \
      --max_trials=30 --workdir=runs/curves
  python benchmarks/early_stopping_study.py --project=runs/curves

prints the epochs that each rule saves and the accuracy that it loses: no
stopping, the ranking of curves, and Hyperband. Each rule sees the trainings
in several orders. --curves=FILE keeps the recorded curves; without --project
the program reads them from it.
"""

import dataclasses
import json
import pathlib
import tempfile
from collections.abc import Sequence

import keras_tuner
import numpy as np
from absl import flags

from darts_tf.config import app
from darts_tf.system import process

process.tune()

from darts_tf.config.errors import InputError  # noqa: E402
from darts_tf.runs.atomic import atomic_write_json  # noqa: E402

_PROJECT = flags.DEFINE_string(
  'project', None, 'Directory of a tuner run whose trials went through.'
)
_CURVES = flags.DEFINE_string('curves', None, 'JSON file of curves.')
_ORDERS = flags.DEFINE_integer(
  'orders', 10, 'Orders of the trainings.', lower_bound=1
)
_THRESHOLDS = flags.DEFINE_multi_float(
  'threshold', [0.45, 0.3], 'Probabilities below which trainings stop.'
)
_FACTOR = flags.DEFINE_integer(
  'factor', 3, "Hyperband's reduction factor.", lower_bound=2
)
_LEAST_CURVES = 5
_OBJECTIVE = keras_tuner.Objective('accuracy', 'max')


@dataclasses.dataclass(frozen=True)
class Replay:
  """The cost and the result of one order of trainings under one rule.

  Args:
    epochs: number of epochs trained.
    best: final accuracy of the best architecture that was trained to the end.
  """

  epochs: int
  best: float


def without_stopping(curves: Sequence) -> Replay:
  """Returns the replay in which all trainings go to the end."""
  return Replay(
    sum(len(c.values) for c in curves), max(c.values[-1] for c in curves)
  )


def by_ranking(curves: Sequence, threshold: float) -> Replay:
  """Replays one after the other; each stops when unlikely to be the best."""
  from darts_tf.tuner.curve_ranking import Curve, CurveRanking

  whole, epochs = [], 0
  for curve in curves:
    ranking = None
    if len(whole) >= _LEAST_CURVES:
      ranking = CurveRanking(whole)
      best = max(whole, key=lambda c: c.values[-1])
    for length in range(1, len(curve.values) + 1):
      epochs += 1
      begun = Curve(curve.values[:length], curve.choices)
      if (
        ranking is not None
        and length < len(curve.values)
        and ranking.probability(begun, best) < threshold
      ):
        break
    else:
      whole.append(curve)
  return Replay(epochs, max(c.values[-1] for c in whole))


def by_hyperband(curves: Sequence, factor: int) -> Replay:
  """Fills Keras Tuner's brackets with the trainings in their order.

  Args:
    curves: a multiple of `bracket_size` many. Hyperband never finishes
      trainings of a bracket that is not filled.
    factor: see `HyperbandOracle`.
  """
  left, epochs = list(range(len(curves))), 0

  class Oracle(keras_tuner.oracles.HyperbandOracle):
    def _random_values(self):
      return {'curve': left.pop(0)} if left else None

  oracle = Oracle(
    _OBJECTIVE, len(curves[0].values), factor, hyperband_iterations=0
  )
  best = 0.0
  with tempfile.TemporaryDirectory() as directory:
    oracle._set_project_dir(directory, 'study')
    oracle.verbose = 0
    while (trial := oracle.create_trial('tuner0')).status == 'RUNNING':
      values = trial.hyperparameters.values
      curve = curves[values['curve']]
      epochs += values['tuner/epochs'] - values['tuner/initial_epoch']
      score = curve.values[values['tuner/epochs'] - 1]
      if values['tuner/epochs'] == len(curve.values):
        best = max(best, score)
      oracle.update_trial(trial.trial_id, {'accuracy': score})
      trial.status = 'COMPLETED'
      oracle.end_trial(trial)
  return Replay(epochs, best)


def bracket_size(epochs: int, factor: int) -> int:
  """Returns the number of trainings that fill all brackets of Hyperband."""
  oracle = keras_tuner.oracles.HyperbandOracle(_OBJECTIVE, epochs, factor)
  return sum(
    oracle._get_size(bracket, 0)
    for bracket in range(oracle._get_num_brackets())
  )


def line(name: str, pairs: Sequence[tuple[Replay, Replay]]) -> str:
  """Formats a row from pairs: a replay and its trainings to the end."""
  replays = [replay for replay, _ in pairs]
  saved = [1 - r.epochs / full.epochs for r, full in pairs]
  kept = sum(r.best == full.best for r, full in pairs)
  lost = np.mean([full.best - r.best for r, full in pairs])
  return (
    f'| {name} | {100 * np.mean(saved):.0f} % | {kept} of'
    f' {len(replays)} | {100 * lost:.2f} |'
  )


def main(unused_argv: list[str]) -> None:
  """Replays and prints the table."""
  curves = _load()
  full = without_stopping(curves)
  # Hyperband sees whole brackets only.
  size = bracket_size(len(curves[0].values), _FACTOR.value)
  filled = len(curves) // size * size
  draw = np.random.default_rng(0)
  orders = [
    [curves[i] for i in draw.permutation(len(curves))]
    for _ in range(_ORDERS.value)
  ]
  print(
    f'{len(curves)} trainings of {len(curves[0].values)} epochs; the best'
    f' ends at {100 * full.best:.2f} %\n'
  )
  print('| | epochs saved | best kept | points lost on average |')
  print('|---|---|---|---|')
  print(line('all to the end', [(full, full)] * len(orders)))
  for threshold in _THRESHOLDS.value:
    pairs = [(by_ranking(order, threshold), full) for order in orders]
    print(line(f'ranking of curves, below {threshold:g}', pairs), flush=True)
  if filled:
    pairs = [
      (
        by_hyperband(order[:filled], _FACTOR.value),
        without_stopping(order[:filled]),
      )
      for order in orders
    ]
    print(line(f'Hyperband, factor {_FACTOR.value}, of {filled}', pairs))


def _load() -> list:
  """Reads the curves of the project, or of the file."""
  from darts_tf.tuner.curve_ranking import Curve
  from darts_tf.tuner.stop_unlikely import read_curves

  if _PROJECT.value is not None:
    curves = read_curves(_PROJECT.value, 'val_accuracy')
    if curves:
      longest = max(len(c.values) for c in curves)
      curves = [c for c in curves if len(c.values) == longest]
  elif _CURVES.value is not None and pathlib.Path(_CURVES.value).exists():
    curves = [
      Curve(tuple(values), choices)
      for values, choices in json.loads(pathlib.Path(_CURVES.value).read_text())
    ]
  else:
    curves = []
  if len(curves) <= _LEAST_CURVES:
    raise InputError(
      'Too few trainings went through; expected more than'
      f' {_LEAST_CURVES}. Received: {len(curves)} in'
      f' project={_PROJECT.value!r}, curves={_CURVES.value!r}'
    )
  if _CURVES.value is not None:
    atomic_write_json(
      _CURVES.value, [[list(c.values), dict(c.choices)] for c in curves]
    )
  return curves


if __name__ == '__main__':
  app.run(main)
