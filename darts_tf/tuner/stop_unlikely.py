"""Trials that are unlikely to beat the best stop early."""

import json
import os
import pathlib
from collections.abc import Sequence

import keras

from darts_tf.config.errors import InputError
from darts_tf.genotype import Genotype
from darts_tf.runs.workdir import WorkDir, atomic_write_json
from darts_tf.tuner.curve_ranking import Curve, CurveRanking
from darts_tf.tuner.hyperparameters import genotype_values

# With fewer curves there is nothing to learn from.
_LEAST_CURVES = 5
_STOPPED = 'stopped.json'


def read_curves(
  project: str | os.PathLike,
  objective: str,
  sign: float = 1.0,
  epochs: int | None = None,
) -> list[Curve]:
  """The trainings of a project directory.

  Args:
    project: a tuner's directory.
    objective: a metric of trials.
    sign: 1 if it is to become large, -1 if small.
    epochs: only trainings of this length.

  Returns:
    Their curves, in the order of the trials.
  """
  curves = []
  for path in sorted(pathlib.Path(project).glob('trial_*/training')):
    values = read_curve(path, objective, sign)
    if values and (epochs is None or len(values) == epochs):
      genotype = Genotype.load(path / 'genotype.json')
      curves.append(
        Curve(tuple(values), genotype_values(genotype, len(genotype.cells)))
      )
  return curves


def read_curve(
  training: pathlib.Path, objective: str, sign: float = 1.0
) -> list[float]:
  """A metric after each epoch of a retraining, `sign` times."""
  name = objective.replace('val_', 'validation_', 1)
  if name == objective:
    name = f'train_{objective}'
  return [
    sign * line[name]
    for line in WorkDir(training).read_metrics()
    if name in line
  ]


def stopped_epoch(training: pathlib.Path) -> int | None:
  """Returns the epoch after which a training stopped early, or `None`."""
  path = training.with_name(_STOPPED)
  return json.loads(path.read_text())['epoch'] if path.exists() else None


class StopUnlikely(keras.callbacks.Callback):
  """Stops a training that is unlikely to end above the best.

  Args:
    ranking: of trainings like this one.
    best: the best one so far.
    curve: the epochs of this one so far, and its architecture.
    objective: the metric that both hold.
    sign: factor of the metric.
    threshold: the least probability with which a training goes on.
    training: its directory; a file next to it records the decision.
    epochs: its length.
  """

  def __init__(
    self,
    ranking: CurveRanking,
    best: Curve,
    curve: Curve,
    objective: str,
    sign: float,
    threshold: float,
    training: pathlib.Path,
    epochs: int,
  ):
    super().__init__()
    self._ranking = ranking
    self._best = best
    self._curve = curve
    self._objective = objective
    self._sign = sign
    self._threshold = threshold
    self._training = training
    self._epochs = epochs

  def on_epoch_end(self, epoch: int, logs=None) -> None:
    """Asks the ranking; the decision outlives this process."""
    values = (*self._curve.values, self._sign * logs[self._objective])
    self._curve = Curve(values, self._curve.choices)
    if epoch + 1 >= self._epochs:
      return
    likely = self._ranking.probability(self._curve, self._best)
    if likely < self._threshold:
      atomic_write_json(
        self._training.with_name(_STOPPED),
        {'epoch': epoch + 1, 'probability': likely},
      )
      self.model.stop_training = True


def stop_unlikely(
  project: str | os.PathLike,
  others: Sequence[str | os.PathLike],
  training: pathlib.Path,
  genotype: Genotype,
  objective: str,
  sign: float,
  threshold: float,
  epochs: int,
  seed: int,
) -> StopUnlikely | None:
  """Returns the callback of a training.

  Args:
    project: the tuner's directory, whose best trial is to be beaten.
    others: directories of further ones, of trainings as long as these.
    training: directory of the training.
    genotype: its architecture.
    objective: see `read_curves`.
    sign: see `read_curves`.
    threshold: see `StopUnlikely`.
    epochs: length of trainings.
    seed: of the ranking.

  Returns:
    `None` where too few trainings are known.
  """
  own = read_curves(project, objective, sign, epochs)
  known = own + [
    curve
    for path in others
    for curve in read_curves(path, objective, sign, epochs)
  ]
  if len(known) < _LEAST_CURVES or not own:
    return None
  best = max(own, key=lambda curve: curve.values[-1])
  curve = Curve(
    tuple(read_curve(training, objective, sign)),
    genotype_values(genotype, len(genotype.cells)),
  )
  return StopUnlikely(
    CurveRanking(known, seed),
    best,
    curve,
    objective,
    sign,
    threshold,
    training,
    epochs,
  )


def check_threshold(threshold: float | None) -> None:
  """Raises `InputError` unless it is a probability, or `None`."""
  if threshold is not None and not 0 < threshold < 1:
    raise InputError(
      'Not a probability; expected a number between 0 and 1, say 0.45.'
      f' Received: stop_below={threshold}'
    )
