"""Retraining a genotype from scratch: checks, the loop, and its result."""

import contextlib
import dataclasses
import os
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import keras
import tensorflow as tf

from darts_tf.analysis.memory_check import check_memory
from darts_tf.config.errors import InputError
from darts_tf.data import DatasetInfo, ImageData, Stream
from darts_tf.distribution.run_context import RunContext, open_run
from darts_tf.distribution.run_data import distribute
from darts_tf.distribution.strategy import check_devices
from darts_tf.distribution.workers import latest_checkpoint
from darts_tf.genotype import Genotype
from darts_tf.models.evaluation import Evaluation
from darts_tf.models.network import Network
from darts_tf.models.stem import check_stem
from darts_tf.runs.workdir import WorkDir, atomic_write_json
from darts_tf.search_space.space import space_of
from darts_tf.training.build import build_training, learning_rate, test_batches
from darts_tf.training.callbacks import DropPathRamp, RunRecord, StopIfNotFinite
from darts_tf.training.config import TrainConfig
from darts_tf.training.saved import save_network
from darts_tf.training.summary import summary
from darts_tf.training.validation import Validation


@dataclasses.dataclass(frozen=True)
class TrainResult:
  """A retrained network.

  Args:
    network: the network, with the weights it was evaluated with.
    metrics: one mapping an epoch.
    test_accuracy: share of the test images classified correctly.
    test_loss: their mean cross-entropy.
    info: the data set.
    config: the options.
    workdir: where all of it is written; `None` on a worker that is not the
      chief.
  """

  network: Network
  metrics: list[dict[str, Any]]
  test_accuracy: float
  test_loss: float
  info: DatasetInfo
  config: TrainConfig
  workdir: WorkDir | None


def run_training(
  config: TrainConfig,
  genotype: Genotype,
  workdir: str | os.PathLike,
  data: ImageData | None = None,
  verbose: bool = True,
  strategy: tf.distribute.Strategy | None = None,
  build: Callable[..., Network] | None = None,
  validation: bool = False,
  callbacks: Sequence[keras.callbacks.Callback] = (),
) -> TrainResult:
  """Trains the network of a genotype, or continues to train it.

  The test images are read once, at the end. Of several workers all do this
  together; the first one, the chief, reads and writes the directory and
  prints the course.

  Args:
    config: the options.
    genotype: the architecture.
    workdir: the run's directory; a run that was stopped in it is continued
      and gives the same result as an uninterrupted one.
    data: the images; those of `config.dataset` by default.
    verbose: whether the course is printed.
    strategy: as `make_strategy(config)` returned it, which is the default.
    build: `build(config, genotype, info, several_replicas)` returns the
      compiled network; `compiled_network` by default.
    validation: whether to evaluate the test images of `data` after each
      epoch, so that networks can be compared by them.
    callbacks: further ones, after those of the run.

  Returns:
    The `TrainResult`.

  Raises:
    InputError: if an option cannot be used.
    RunStateError: if the directory belongs to another run.
    DivergedError: if the loss is no longer a finite number.
    ResourceError: if memory or the disk is full, or a worker is lost.
  """
  _check_options(config, genotype)
  with open_run(
    config, workdir, data, verbose, strategy, _pinned(config, genotype)
  ) as run:
    parts = build_training(config, genotype, run.data, run.strategy, build)
    if validation:
      parts = (*parts[:2], test_batches(config, run.data))
    memory = ''
    if run.is_new:
      with _without_warnings():
        memory = check_memory(
          lambda: parts[0].training_graph(
            next(iter(distribute(parts[1], run.strategy, 0, 1)))
          ),
          config,
        )
    # Not before the parts are known to fit together, and into memory.
    with run.begin():
      if run.directory is not None:
        genotype.save(run.directory.genotype_path)
      return _train(config, run, *parts, memory, callbacks)


def _train(
  config: TrainConfig,
  run: RunContext,
  network: Network,
  training: Stream,
  held_out: tf.data.Dataset | None,
  memory: str,
  callbacks: Sequence[keras.callbacks.Callback],
) -> TrainResult:
  """Starts or continues the training whose directory this is."""
  directory, info = run.directory, run.data.info
  evaluation = Evaluation(lambda images: network(images, training=False))
  record = RunRecord(
    directory,
    network,
    None if held_out is None else Validation(network, evaluation, held_out),
  )
  checkpoint, warned = latest_checkpoint(run.strategy, directory)
  for warning in warned:
    run.say(f'Warning: {warning}')
  first_epoch = 0
  if checkpoint is not None:
    record.restore(checkpoint)
    first_epoch = checkpoint.epoch + 1
  run.say(summary(network, config, info, training))
  if memory:
    run.say(f'Memory      {memory}')
  if first_epoch:
    run.say(f'Continuing after epoch {first_epoch} of {config.epochs}.')
  steps = config.steps_per_epoch or training.steps_per_epoch
  last_epoch = min(config.epochs, config.stop_epoch or config.epochs)
  if first_epoch < last_epoch:
    with _without_warnings():
      network.fit(
        distribute(training, run.strategy, first_epoch * steps),
        steps_per_epoch=steps,
        initial_epoch=first_epoch,
        epochs=last_epoch,
        shuffle=False,
        callbacks=[*_callbacks(config, record, directory), *callbacks],
        verbose=(1 if sys.stdout.isatty() else 2) if run.verbose else 0,
      )
  # The averages, if there are any, are the result; `fit` has put them in
  # place, but not if there was nothing left to train.
  network.optimizer.finalize_variable_values(network.trainable_variables)
  score = evaluation(test_batches(config, run.data))
  if directory is not None:
    atomic_write_json(
      directory.path / 'result.json',
      {'test_accuracy': score.accuracy, 'test_loss': score.loss},
    )
    save_network(network, info, directory)
  return TrainResult(
    network, record.metrics, score.accuracy, score.loss, info, config, directory
  )


@contextlib.contextmanager
def _without_warnings() -> Iterator[None]:
  """Silences Keras about weights that are not trained.

  Where `none` cuts a path, what leads to it has no gradient.
  """
  with warnings.catch_warnings():
    warnings.filterwarnings('ignore', 'Gradients do not exist')
    yield


def check_training(
  config: TrainConfig, genotype: Genotype, directory: WorkDir | None
) -> bool:
  """Checks as much as possible before data are read.

  Args:
    config: the options.
    genotype: the architecture.
    directory: the run's; `None` on a worker that is not the chief.

  Returns:
    Whether the directory holds this run already.

  Raises:
    InputError: if an option cannot be used.
    RunStateError: if the directory belongs to another run.
  """
  _check_options(config, genotype)
  return (
    directory is not None
    and directory.check(_pinned(config, genotype)) is not None
  )


def _check_options(config: TrainConfig, genotype: Genotype) -> None:
  """Raises `InputError` if an option cannot be used."""
  learning_rate(config)
  check_devices(config)
  if config.strategy == 'multi_worker' and config.steps_per_execution > 1:
    raise InputError(
      'Retraining on several workers goes step by step; expected'
      ' steps_per_execution=1. Received: steps_per_execution='
      f'{config.steps_per_execution}, strategy={config.strategy!r}'
    )
  check_stem(config.stem)
  space_of(genotype, config.cells)


def _pinned(config: TrainConfig, genotype: Genotype) -> dict[str, Any]:
  return {**config.pinned(), 'genotype': genotype.to_dict()}


def _callbacks(config, record, directory: WorkDir | None):
  schedule = learning_rate(config)
  callbacks = [
    StopIfNotFinite(),
    keras.callbacks.LearningRateScheduler(
      lambda epoch, unused_rate: schedule.at(epoch)
    ),
  ]
  if config.drop_path:
    callbacks.append(DropPathRamp(config.drop_path, config.epochs))
  callbacks.append(record)
  if config.tensorboard and directory is not None:
    callbacks.append(
      keras.callbacks.TensorBoard(
        str(directory.path / 'tensorboard'), profile_batch=0
      )
    )
  return callbacks
