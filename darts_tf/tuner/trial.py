"""The run of a trial: a search, if needed, and a training."""

import dataclasses
import json
import os
import pathlib
import shutil
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
from keras_tuner.engine.trial import Trial

from darts_tf.analysis.cost import describe_network
from darts_tf.config.errors import InputError
from darts_tf.data import ImageData
from darts_tf.genotype import Genotype
from darts_tf.search import SearchConfig, run_search
from darts_tf.search_space import search_spaces
from darts_tf.training import TrainConfig, run_training
from darts_tf.tuner.hypermodel import NetworkHyperModel
from darts_tf.tuner.hyperparameters import (
  genotype_names,
  genotype_of,
  genotype_values,
)
from darts_tf.tuner.oracle import CONTINUED, SEARCH
from darts_tf.tuner.stop_unlikely import (
  StopUnlikely,
  stop_unlikely,
  stopped_epoch,
)


@dataclasses.dataclass(frozen=True)
class TrialRunner:
  """Runs trials; one that was stopped goes on where it was.

  Args:
    search_config: options of searches.
    train_config: options of retraining.
    hypermodel: builds the networks.
    data: the images; trials are compared by its test images.
    objective: objective of the oracle.
    directory_of: the directory of a trial, by its identifier.
    project: the directory of all trials.
    stop_below: see `DartsTuner`.
    curves: see `DartsTuner`.
  """

  search_config: SearchConfig
  train_config: TrainConfig
  hypermodel: NetworkHyperModel
  data: ImageData
  objective: Any
  directory_of: Callable[[str], str]
  project: str
  stop_below: float | None = None
  curves: Sequence[str | os.PathLike] = ()

  def run(
    self,
    trial: Trial,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    verbose: bool = False,
  ) -> dict[str, float]:
    """Trains the architecture of a trial, after a search if needed.

    Args:
      trial: its values, which receive the architecture that is found.
      callbacks: of this trial alone.
      verbose: whether the course is printed.

    Returns:
      See `DartsTuner.run_trial`.

    Raises:
      InputError: if the objective is not among the metrics, or an option
        cannot be used.
      DivergedError: if the search or the training diverges.
      ResourceError: if memory or the disk is full.
    """
    directory = pathlib.Path(self.directory_of(trial.trial_id))
    genotype = self._architecture(trial, directory, verbose)
    metrics = self._train(trial, genotype, directory, callbacks, verbose)
    self._check_objective(metrics)
    return metrics

  def _architecture(
    self, trial: Trial, directory: pathlib.Path, verbose: bool
  ) -> Genotype:
    """Returns a trial's genotype; a search's becomes that of the trial."""
    hp = trial.hyperparameters
    space = search_spaces[self.search_config.search_space].whole()
    cells = self.train_config.cells
    known = genotype_of(hp.values, space, cells)
    if known is not None:
      return known
    config = changed(self.search_config, json.loads(hp.values[SEARCH]))
    found = run_search(
      config, directory / 'search', self.data, verbose
    ).genotype
    for name in genotype_names(space, cells):
      hp.values.pop(name, None)
    hp.values.update(genotype_values(found, cells))
    return found

  def _train(
    self,
    trial: Trial,
    genotype: Genotype,
    directory: pathlib.Path,
    callbacks: Sequence[keras.callbacks.Callback],
    verbose: bool,
  ) -> dict[str, float]:
    """Trains a genotype, or ends its training; returns the metrics."""
    hp, training = trial.hyperparameters, directory / 'training'
    config = self.hypermodel.config(hp).replace(
      stop_epoch=hp.values.get('tuner/epochs')
    )
    if CONTINUED in hp.values:
      earlier = pathlib.Path(self.directory_of(hp.values[CONTINUED]))
      _copy_whole(earlier / 'training', training)
    callbacks = list(callbacks)
    if self.stop_below is not None:
      stopped = stopped_epoch(training)
      config = config.replace(stop_epoch=stopped or config.stop_epoch)
      callback = None if stopped else self._stop_unlikely(genotype, training)
      if callback is not None:
        callbacks.append(callback)
    result = run_training(
      config,
      genotype,
      training,
      self.data,
      verbose,
      build=lambda *unused: self.hypermodel.build(hp),
      validation=True,
      callbacks=callbacks,
    )
    metrics = {}
    for name, value in result.metrics[-1].items():
      if name.startswith('train_'):
        metrics[name.removeprefix('train_')] = value
      elif name.startswith('validation_'):
        metrics['val_' + name.removeprefix('validation_')] = value
    costs = describe_network(result.network)
    return {
      **metrics,
      'parameters': costs['parameters'],
      'multiply_adds': costs['multiply_adds'],
    }

  def _stop_unlikely(
    self, genotype: Genotype, training: pathlib.Path
  ) -> StopUnlikely | None:
    return stop_unlikely(
      self.project,
      self.curves,
      training,
      genotype,
      self.objective.name,
      -1.0 if self.objective.direction == 'min' else 1.0,
      self.stop_below,
      self.train_config.epochs,
      self.train_config.seed,
    )

  def _check_objective(self, metrics: Mapping[str, float]) -> None:
    parts = getattr(self.objective, 'objectives', [self.objective])
    missing = [part.name for part in parts if part.name not in metrics]
    if missing:
      raise InputError(
        'Retraining does not report the objective; expected one of'
        f' {", ".join(metrics)}. Received: objective={missing[0]!r}'
      )


def changed(config: SearchConfig, options: Mapping[str, Any]) -> SearchConfig:
  """Returns a configuration with some options changed.

  Args:
    config: the configuration.
    options: new values, by name.

  Raises:
    InputError: if a search does not have one of the options.
  """
  unknown = set(options) - set(config.to_dict())
  if unknown:
    raise InputError(
      'A search does not have this option; expected an option of'
      f' SearchConfig. Received: {min(unknown)}={options[min(unknown)]!r}'
    )
  return config.replace(**options)


def _copy_whole(source: pathlib.Path, target: pathlib.Path) -> None:
  """Copies a directory, unless that was done before."""
  if target.exists():
    return
  new = target.with_name(f'.{target.name}.new')
  shutil.rmtree(new, ignore_errors=True)
  shutil.copytree(source, new)
  os.replace(new, target)
