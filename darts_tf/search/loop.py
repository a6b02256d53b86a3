"""The search: epochs of steps, each recorded when it ends."""

import dataclasses
import gc
import itertools
import os
from collections.abc import Iterable
from typing import Any

import numpy as np
import tensorflow as tf

from darts_tf.analysis.memory_check import check_memory
from darts_tf.data import DatasetInfo, ImageData
from darts_tf.distribution.run_data import load_data
from darts_tf.distribution.strategy import make_strategy, seed_everything
from darts_tf.distribution.workers import (
  check_agreement,
  explain_lost_workers,
  is_chief,
  latest_checkpoint,
)
from darts_tf.genotype import Genotype
from darts_tf.models.evaluation import Evaluation
from darts_tf.runs.workdir import WorkDir
from darts_tf.schedule import Freeze, Next, Stop
from darts_tf.search.builder import build_search
from darts_tf.search.config import SearchConfig, added_defaults
from darts_tf.search.epoch import EpochRunner, check_finite
from darts_tf.search.next_stage import describe_stage, next_stage
from darts_tf.search.observers import make_observers
from darts_tf.search.parts import SearchParts
from darts_tf.search.record import SearchRecord
from darts_tf.search.resolve import resolve
from darts_tf.search.stage_record import StageRecord
from darts_tf.search.summary import describe
from darts_tf.search_space.space import SearchSpace


@dataclasses.dataclass(frozen=True)
class SearchResult:
  """The outcome of a search.

  Args:
    genotype: the architecture.
    metrics: one mapping an epoch.
    history: group to mixing weights, `(epochs + 1, edges, candidates)`, of
      the last stage.
    space: the search space with the candidates of the last stage.
    stages: all stages.
    config: the resolved configuration.
    info: the data set.
    workdir: the directory of all files; `None` on a worker that is not the
      chief.
    result_epoch: the epoch, from 0, after which the architecture was read.
  """

  genotype: Genotype
  metrics: list[dict[str, Any]]
  history: dict[str, np.ndarray]
  space: SearchSpace
  stages: list[StageRecord]
  config: SearchConfig
  info: DatasetInfo
  workdir: WorkDir | None
  result_epoch: int

  @property
  def weights(self) -> dict[str, np.ndarray]:
    """Group to the mixing weights that the architecture was read from."""
    position = self.result_epoch + 1 - self.stages[-1].first_epoch
    return {group: h[max(position, 0)] for group, h in self.history.items()}


def run_search(
  config: SearchConfig,
  workdir: str | os.PathLike,
  data: ImageData | None = None,
  verbose: bool = True,
  strategy: tf.distribute.Strategy | None = None,
) -> SearchResult:
  """Searches for an architecture, or continues a search.

  Of several workers all do this together; the first one, the chief, reads
  and writes the directory and prints the course.

  Args:
    config: the options.
    workdir: the run's directory; a run that was stopped in it is continued
      and gives what it would have given.
    data: the images; those of `config.dataset` by default.
    verbose: whether the course is printed.
    strategy: as `make_strategy(config)` returned it, which is the default.

  Returns:
    The `SearchResult`.

  Raises:
    InputError: if an option cannot be used.
    RunStateError: if the directory belongs to another run.
    DivergedError: if the loss is no longer a finite number.
    ResourceError: if a step does not fit into memory, or a worker is lost.
  """
  config = resolve(config)
  strategy = strategy or make_strategy(config)
  directory = WorkDir(workdir) if is_chief(strategy) else None
  verbose = verbose and directory is not None
  pinned, added = config.pinned(), added_defaults()
  with explain_lost_workers(strategy):
    is_new = directory and directory.check(pinned, added=added) is None
    seed_everything(config)
    run = _SearchRun(config, data or load_data(config), strategy, verbose)
    if directory is None:
      return run.finish(None)
    if is_new:
      run.check_memory()
    # Not before the parts are known to fit together, and into memory.
    directory.pin(pinned, added=added)
    with directory.exclusive():
      return run.finish(directory)


class _SearchRun:
  """A search from its parts to its result.

  It holds the only reference to the parts, so those of a stage that has
  ended give their memory back.
  """

  def __init__(
    self,
    config: SearchConfig,
    data: ImageData,
    strategy: tf.distribute.Strategy,
    verbose: bool,
  ):
    self._config, self._info = config, data.info
    self._say = print if verbose else _say_nothing
    self._memory = ''
    self._use(build_search(config, data, strategy))
    self._batches = self._parts.batches.begin()
    self._run_epoch = EpochRunner(self._batches, verbose)

  def _use(self, parts: SearchParts) -> None:
    self._parts = parts
    self._observers = make_observers(parts)
    self._evaluation = Evaluation(parts.logits)

  def check_memory(self) -> None:
    """Raises `OutOfMemoryError` if a step does not fit into memory."""
    self._memory = check_memory(
      self._parts.step_graph, self._config, self._config.memory_budget
    )

  def finish(self, directory: WorkDir | None) -> SearchResult:
    """Starts or continues the search whose directory this is."""
    record = SearchRecord(directory)
    record.start(self._parts)
    self._restore(record, directory)
    while not isinstance(decision := record.decide(self._parts), Stop):
      if isinstance(decision, Next):
        self._use(next_stage(self._parts, record, decision))
        gc.collect()  # The graphs of the last stage.
        self._say(describe_stage(record.stages))
      elif isinstance(decision, Freeze):
        self._parts.architecture.freeze(decision.masks)
      self._epoch(record)
    if decision.result_epoch < self._config.epochs - 1:
      self._say(
        f'Stopped after epoch {len(record.metrics)} by {decision.reason}; the'
        f' architecture is that of epoch {decision.result_epoch + 1}.'
      )
    return SearchResult(
      record.result(self._parts),
      record.metrics,
      {g: np.stack(h) for g, h in record.history.items()},
      self._parts.space,
      record.stages,
      self._config,
      self._info,
      directory,
      decision.result_epoch,
    )

  def _restore(self, record: SearchRecord, directory: WorkDir | None) -> None:
    """Puts the search into the state of its last checkpoint, if any."""
    checkpoint, warnings = latest_checkpoint(self._parts.strategy, directory)
    for warning in warnings:
      self._say(f'Warning: {warning}')
    if checkpoint is not None:
      parts = record.restore(self._parts, checkpoint)
      if parts is not self._parts:
        self._use(parts)
      record.write(parts)
    self._say(describe(self._parts, self._info))
    for line in (
      self._batches.describe(),
      self._memory and f'Memory      {self._memory}',
    ):
      if line:
        self._say(line)
    if checkpoint is not None:
      self._batches.restore(checkpoint.meta)
      self._say(
        f'Continuing after epoch {checkpoint.epoch + 1} of'
        f' {self._config.epochs}.'
      )

  def _epoch(self, record: SearchRecord) -> None:
    """Runs an epoch, measures, and adds it to the record."""
    parts, config = self._parts, self._config
    epoch = len(record.metrics)
    metrics = self._run_epoch(parts, epoch)
    every = config.evaluate_every
    if epoch == config.epochs - 1 or (every and (epoch + 1) % every == 0):
      score = self._evaluation(parts.evaluation, *parts.architecture.tensors())
      metrics |= {
        'validation_loss': score.loss,
        'validation_accuracy': score.accuracy,
      }
      check_finite(score._asdict(), parts, epoch, parts.steps_per_epoch - 1)
    for observe in self._observers:
      metrics |= observe(epoch)
    check_agreement(parts.strategy, parts.architecture.arrays().values())
    record.add(parts, metrics, self._batches.state())
    self._say(
      _epoch_line(
        record.metrics[-1], config.epochs, parts.architecture.summary()
      )
    )


def _say_nothing(*unused_args: Any) -> None:
  """Takes the place of `print` in a run that is not to be heard."""


def _epoch_line(
  metrics: dict[str, Any], epochs: int, summaries: Iterable[str]
) -> str:
  """Sums up an epoch in one line."""
  numbers = [
    ('loss', 'train_loss'),
    ('accuracy', 'train_accuracy'),
    ('validation loss', 'validation_loss'),
    ('accuracy', 'validation_accuracy'),
    ('eigenvalue', 'eigenvalue'),
  ]
  shown = [
    f'{label} {metrics[name]:.4f}' for label, name in numbers if name in metrics
  ]
  if 'published_accuracy' in metrics:
    shown.append(
      f'published {metrics["published_accuracy"]:.2f} %, rank'
      f' {metrics["published_rank"]:,}'
    )
  # Numbers about the mixing weights: means over the groups of cells.
  for name in summaries:
    mean = np.mean(list(metrics[name].values()))
    shown.append(f'{name.replace("_", " ")} {mean:.3f}')
  skips = ', '.join(
    f'{n} {name}'
    for name, n in itertools.islice(metrics['skip_connections'].items(), 4)
  )
  return (
    f'Epoch {metrics["epoch"] + 1}/{epochs}  {"  ".join(shown)}'
    f'  skips {skips}'
    f'  {metrics["seconds"]:.0f} s'
  )
