"""A tuner of Keras Tuner that searches, discretizes, retrains and compares."""

import contextlib
import gc
import json
import os
import pathlib
import time
from collections.abc import Mapping, Sequence
from typing import Any

import keras
import keras_tuner

from darts_tf.compat.keras_tuner import callbacks_of_trial
from darts_tf.config.errors import InputError, RunStateError
from darts_tf.data import ImageData, load
from darts_tf.distribution.strategy import make_strategy, refuse_workers
from darts_tf.genotype import Genotype
from darts_tf.pipeline.limits import LimitConfig, cost_limits
from darts_tf.runs.workdir import WorkDir
from darts_tf.search import SearchConfig
from darts_tf.search.builder import example_genotype
from darts_tf.search.config import added_defaults
from darts_tf.search.resolve import resolve
from darts_tf.search_space import search_spaces
from darts_tf.training import TrainConfig
from darts_tf.training.build import build_training
from darts_tf.training.saved import load_trained
from darts_tf.tuner.chief import check_chief, is_worker
from darts_tf.tuner.classifier import export_checked, raw_classifier
from darts_tf.tuner.faults import judged, unwrapped
from darts_tf.tuner.finding import Finding
from darts_tf.tuner.hypermodel import NetworkHyperModel
from darts_tf.tuner.hyperparameters import genotype_of
from darts_tf.tuner.oracle import ArchitectureHyperband, ArchitectureOracle
from darts_tf.tuner.stop_unlikely import check_threshold
from darts_tf.tuner.trial import TrialRunner, changed
from darts_tf.tuner.tuning_data import tuning_data

# Seconds between questions to an oracle that has nothing to do yet.
_PAUSE = 1.0


class DartsTuner(keras_tuner.Tuner):
  """Searches for architectures, retrains them and keeps the best.

      tuner = DartsTuner('darts', 'darts', max_trials=8, directory='runs')
      tuner.search(x, y, validation_data=(x_val, y_val))
      model = tuner.get_best_models()[0]

  Each trial trains one architecture from scratch; the first ones search for
  theirs before. Trials are runs of `run_search` and `run_training` in their
  directories: one that was stopped goes on where it was.

  Args:
    search_space: name of a registered search space.
    method: name of a registered method.
    objective: a metric of trials (see `run_trial`), as in
      `keras_tuner.Oracle`.
    max_trials: most trials.
    searches: number of searches that are trials, with one seed after the
      other; or the options of each, as `[{'eta': 0.1}, {'eta': 0.01}]`. By
      default one, or none where there are `finished` ones; with neither,
      architectures are drawn at random.
    finished: directories of searches that have ended.
    search_config: options of searches.
    train_config: options of retraining.
    max_parameters: most parameters that an architecture may have.
    max_multiply_adds: most multiply-additions of an image.
    hyperband_factor: Hyperband's reduction factor: one of so many
      architectures goes on, for so many times as long; `None` trains each
      for all epochs.
    stop_below: trials stop if they beat the best one with a probability
      below this, by the ranking of curves of arXiv:2006.03361; `None` for
      never.
    curves: directories of earlier tuner runs, for that ranking.
    hyperparameters: see `ArchitectureOracle`; those called as an option of
      retraining replace it.
    hypermodel: builds the networks.
    directory: see `keras_tuner.Tuner`.
    project_name: see `keras_tuner.Tuner`.
    overwrite: see `keras_tuner.Tuner`.
    seed: of proposals and, if there are several searches, of the first.
    **kwargs: arguments of `ArchitectureOracle`.

  Raises:
    InputError: if an option cannot be used.
    RunStateError: if the directory belongs to another run.
    ResourceError: if a worker has no chief.
  """

  def __init__(
    self,
    search_space: str = 'darts',
    method: str = 'darts',
    *,
    objective: Any = 'val_accuracy',
    max_trials: int = 10,
    searches: int | Sequence[Mapping[str, Any]] | None = None,
    finished: Sequence[str | os.PathLike] = (),
    search_config: SearchConfig | None = None,
    train_config: TrainConfig | None = None,
    max_parameters: float | None = None,
    max_multiply_adds: float | None = None,
    hyperband_factor: int | None = None,
    stop_below: float | None = None,
    curves: Sequence[str | os.PathLike] = (),
    hyperparameters: keras_tuner.HyperParameters | None = None,
    hypermodel: NetworkHyperModel | None = None,
    directory: str | os.PathLike = '.',
    project_name: str = 'darts_tuner',
    overwrite: bool = False,
    seed: int = 0,
    **kwargs,
  ):
    self.search_config = (search_config or SearchConfig()).replace(
      search_space=search_space, method=method
    )
    self.train_config = (train_config or TrainConfig()).replace(
      validation_portion=0.0
    )
    for config in (self.search_config, self.train_config):
      refuse_workers(config, 'A tuner run')
    if searches is None:
      searches = 0 if finished else 1
    if isinstance(searches, int):
      searches = [{'seed': seed + i} for i in range(searches)]
    for options in searches:
      resolve(changed(self.search_config, options))
    self.limits = LimitConfig(max_parameters, max_multiply_adds)
    hypermodel = hypermodel or NetworkHyperModel()
    declared = keras_tuner.HyperParameters()
    if hyperparameters is not None:
      declared.merge(hyperparameters)
    hypermodel.declare_hyperparameters(declared)
    findings = [Finding.load(path, os.fspath(path)) for path in finished]
    kind = ArchitectureOracle
    if hyperband_factor is not None:
      kind = ArchitectureHyperband
      kwargs |= {
        'max_epochs': self.train_config.epochs,
        'factor': hyperband_factor,
      }
    oracle = kind(
      search_space,
      objective=objective,
      max_trials=max_trials,
      findings=findings,
      searches=searches,
      num_cells=self.train_config.cells,
      hyperparameters=declared,
      seed=seed,
      **kwargs,
    )
    check_threshold(stop_below)
    self.stop_below = stop_below
    self.curves = list(curves)
    self._data: ImageData | None = None
    self._asked = 0
    project = WorkDir(pathlib.Path(directory) / project_name)
    self._pinned = {
      'search': self.search_config.pinned(),
      'training': self.train_config.pinned(),
      **self.limits.pinned(),
      'stop_below': stop_below,
      'hyperband_factor': hyperband_factor,
    }
    if is_worker():
      check_chief()
    elif not overwrite:
      _refuse_other_projects(project)
      project.check(self._pinned, added=added_defaults())
    # Keras Tuner would build a network of a hypermodel here.
    super().__init__(
      oracle=oracle,
      hypermodel=None,
      directory=os.fspath(directory),
      project_name=project_name,
      overwrite=overwrite,
    )
    self.hypermodel = hypermodel

  def search(
    self,
    x: Any,
    y: Any = None,
    validation_data: tuple | None = None,
    validation_split: float = 0.2,
    callbacks: Sequence = (),
    verbose: Any = 'auto',
    **load_options: Any,
  ) -> None:
    """Runs the trials, or continues with them.

    Args:
      x: uint8 images `(n, height, width, channels)`, `ImageData`, or the
        name of a data set, whose test images are not looked at.
      y: labels of images.
      validation_data: images and labels that trials are compared by.
      validation_split: share of the training images that is held out for
        that where there are no others.
      callbacks: Keras' callbacks; each trial has copies of its own.
      verbose: 0 for silence.
      **load_options: of a data set with a name, see
        `darts_tf.data.load`.

    Raises:
      InputError: if data, options and objective do not fit, or trials fail
        one after the other.
      Exception: an error that ends a trial without being its own fault, see
        `faults.judged`; after it is put right, the same call goes on within
        the trial.
    """
    if isinstance(x, str):
      make_strategy(self.train_config)  # before TensorFlow starts
      x = load(x, **load_options)
    elif load_options:
      raise TypeError(
        f'Images in memory are not loaded. Received: {", ".join(load_options)}'
      )
    self.use_data(
      tuning_data(
        x, y, validation_data, validation_split, self.train_config.seed
      )
    )
    lock = (
      contextlib.nullcontext()
      if is_worker()
      else (WorkDir(self.project_dir).exclusive())
    )
    with lock:
      if not is_worker():
        # Not before options and data are known to fit together.
        WorkDir(self.project_dir).pin(self._pinned, added=added_defaults())
      self.save()
      with unwrapped():
        super().search(
          callbacks=list(callbacks), verbose=1 if verbose == 'auto' else verbose
        )
    if not is_worker() and getattr(self.oracle, 'gave_up', None):
      raise InputError(
        'Trials failed one after the other; expected trials that end. The'
        ' last one says: '
        f'{self.oracle.gave_up.strip().splitlines()[-1]}'
      )

  def use_data(self, data: ImageData) -> None:
    """Sets the images of all trials and checks that the options suit them.

    Args:
      data: its test images are those that trials are compared by.

    Raises:
      InputError: if they do not, or no architecture meets the limits.
    """
    config = self.train_config
    strategy = make_strategy(config)
    self._data = data
    self.hypermodel.bind(
      self.search_config.search_space,
      config,
      data.info,
      strategy.num_replicas_in_sync,
    )
    if is_worker():
      return
    if not self.oracle.trials:
      # After hours of search is too late to hear of a wrong option.
      build_training(
        config, example_genotype(resolve(self.search_config)), data, strategy
      )
    self.oracle.limit(
      cost_limits(
        self.limits,
        search_spaces[self.search_config.search_space].whole(),
        config,
        data.info,
      ),
      [
        resolve(changed(self.search_config, json.loads(s))).discretization
        for s in self.oracle.searches
      ],
    )

  def pre_create_trial(self) -> None:
    """Waits a while if the last question was in vain."""
    if is_worker():
      check_chief()
    if self._asked:
      time.sleep(_PAUSE)
    self._asked += 1

  def on_trial_begin(self, trial) -> None:
    """Notes that there was something to do."""
    self._asked = 0
    super().on_trial_begin(trial)

  def run_trial(
    self,
    trial,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    verbose: Any = 0,
  ) -> dict[str, float]:
    """Trains the architecture of a trial, which may have to be found first.

    Args:
      trial: see `keras_tuner.Tuner`.
      callbacks: of Keras.
      verbose: whether the course is printed.

    Returns:
      Of the last epoch: `loss` and `accuracy` of the training images,
      `val_loss` and `val_accuracy` of the held-out ones, and the network's
      other metrics; `parameters` and `multiply_adds`.

    Raises:
      keras_tuner.errors.FailedTrialError: for a fault of the trial's own.
      keras_tuner.errors.FatalError: for any other.
    """
    runner = TrialRunner(
      self.search_config,
      self.train_config,
      self.hypermodel,
      self._data,
      self.oracle.objective,
      self.get_trial_dir,
      self.project_dir,
      self.stop_below,
      self.curves,
    )
    try:
      with judged(trial.trial_id, bool(verbose)):
        return runner.run(
          trial, callbacks_of_trial(self, callbacks, trial), bool(verbose)
        )
    finally:
      gc.collect()

  def get_best_genotypes(self, num_genotypes: int = 1) -> list[Genotype]:
    """The architectures of the best trials, the best first."""
    space = search_spaces[self.search_config.search_space].whole()
    return [
      genotype_of(trial.hyperparameters.values, space, self.train_config.cells)
      for trial in self.oracle.get_best_trials(num_genotypes)
      if trial.status == 'COMPLETED'
    ]

  def load_model(self, trial) -> keras.Model:
    """Loads the network of a trial.

    Args:
      trial: one that has ended.

    Returns:
      A compiled model of images of values 0 to 255; it returns logits.
    """
    return raw_classifier(*load_trained(self._training(trial)))

  def export_best(self, path: str | os.PathLike) -> str:
    """Writes the best network as a SavedModel.

    Args:
      path: the directory; see `darts_tf.export.export_network`.

    Returns:
      The directory.

    Raises:
      RunStateError: if no trial has ended.
    """
    trials = [
      t for t in self.oracle.get_best_trials(1) if t.status == 'COMPLETED'
    ]
    if not trials:
      raise RunStateError(
        'There is no best network yet; expected a trial that has ended.'
        f' Received: project={self.project_dir!r}'
      )
    return export_checked(*load_trained(self._training(trials[0])), path)

  def _training(self, trial) -> str:
    return os.path.join(self.get_trial_dir(trial.trial_id), 'training')


def _refuse_other_projects(project: WorkDir) -> None:
  """Refuses a directory that another tuner has filled."""
  path = project.path / 'oracle.json'
  if path.exists() and not project.config_path.exists():
    raise RunStateError(
      'The project directory belongs to another tuner; expected an empty'
      ' one: give another directory or project_name. Received:'
      f' directory={str(project.path)!r}'
    )
