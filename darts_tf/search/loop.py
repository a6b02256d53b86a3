"""The search: epochs of steps, each recorded when it ends."""

import dataclasses
import gc
import itertools
import os
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from darts_tf.analysis.memory_check import check_memory
from darts_tf.data import DatasetInfo, ImageData
from darts_tf.discretize.most_likely import Limit, within_limits
from darts_tf.distribution.run_context import RunContext, open_run
from darts_tf.distribution.workers import check_agreement, latest_checkpoint
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
from darts_tf.search.select import select_architecture
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

  @property
  def validation_accuracy(self) -> float | None:
    """Of the supernet when the architecture was read, in 0 to 1."""
    return self.metrics[self.result_epoch].get('validation_accuracy')

  def within(self, limits: Sequence[Limit], num_cells: int) -> Genotype:
    """Returns the architecture, or the most likely within limits.

    Args:
      limits: limits on its cost.
      num_cells: number of cells of the network that is to have it.

    Raises:
      InputError: if there is none, or the rule cannot tell.
    """
    return within_limits(
      self.genotype,
      self.space,
      self.weights,
      limits,
      num_cells,
      self.config.discretization,
    )


def run_search(
  config: SearchConfig,
  workdir: str | os.PathLike,
  data: ImageData | None = None,
  verbose: bool = True,
  strategy: tf.distribute.Strategy | None = None,
) -> SearchResult:
  """Searches for an architecture, or continues a search.

  Several workers do this together. The first one, the chief, reads and
  writes the directory and prints the course.

  Args:
    config: the options.
    workdir: the run's directory; a run that was stopped in it is continued
      and gives the same result as an uninterrupted one.
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
  with open_run(
    config, workdir, data, verbose, strategy, added=added_defaults()
  ) as context:
    run = _SearchRun(config, context)
    if context.is_new:
      run.check_memory()
    # Not before the parts are known to fit together, and into memory.
    with context.begin():
      return run.finish()


class _SearchRun:
  """A search from its parts to its result.

  It holds the only reference to the parts, so those of a stage that has
  ended give their memory back.
  """

  def __init__(self, config: SearchConfig, context: RunContext):
    self._config, self._context = config, context
    self._say = context.say
    self._memory = ''
    self._use(build_search(config, context.data, context.strategy))
    self._batches = self._parts.batches.begin()
    self._run_epoch = EpochRunner(self._batches, context.verbose)

  def _use(self, parts: SearchParts) -> None:
    self._parts = parts
    self._observers = make_observers(parts)
    self._evaluation = Evaluation(parts.logits)

  def check_memory(self) -> None:
    """Raises `OutOfMemoryError` if a step does not fit into memory."""
    self._memory = check_memory(
      self._parts.step_graph, self._config, self._config.memory_budget
    )

  def finish(self) -> SearchResult:
    """Starts or continues the search."""
    directory = self._context.directory
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
    found = SearchResult(
      record.result(self._parts),
      record.metrics,
      {g: np.stack(h) for g, h in record.history.items()},
      self._parts.space,
      record.stages,
      self._config,
      self._context.data.info,
      directory,
      decision.result_epoch,
    )
    genotype = select_architecture(
      self._parts, found.genotype, found.weights, directory, self._say
    )
    return dataclasses.replace(found, genotype=genotype)

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
    self._say(describe(self._parts, self._context.data.info))
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
    # With a stop rule, each epoch may turn out to give the result.
    may_be_last = epoch == config.epochs - 1 or parts.composition.stops
    if may_be_last or (every and (epoch + 1) % every == 0):
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
