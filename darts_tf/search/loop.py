"""The search: epochs of steps, each written down when it ends."""

import dataclasses
import gc
import itertools
import os
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
from darts_tf.search.builder import build_search
from darts_tf.search.config import SearchConfig
from darts_tf.search.epoch import EpochRunner, check_finite
from darts_tf.search.next_stage import describe_stage, next_stage
from darts_tf.search.observers import make_observers
from darts_tf.search.parts import SearchParts
from darts_tf.search.record import SearchRecord, alpha_arrays, current_genotype
from darts_tf.search.resolve import resolve
from darts_tf.search.stage_record import StageRecord
from darts_tf.search.summary import describe
from darts_tf.search_space.space import SearchSpace


@dataclasses.dataclass(frozen=True)
class SearchResult:
  """What a search has found.

  Args:
    genotype: the architecture.
    metrics: one mapping an epoch.
    history: group to mixing weights, `(epochs + 1, edges, candidates)`, of
      the last stage.
    space: the search space with the candidates of the last stage.
    stages: all stages.
    config: the resolved configuration.
    info: the data set.
    workdir: where all of it is written; `None` on a worker that is not the
      chief.
  """

  genotype: Genotype
  metrics: list[dict[str, Any]]
  history: dict[str, np.ndarray]
  space: SearchSpace
  stages: list[StageRecord]
  config: SearchConfig
  info: DatasetInfo
  workdir: WorkDir | None


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
    InputError: if an option cannot be used, the directory belongs to
      another run, the loss is no longer a finite number, or a worker is
      lost.
  """
  config = resolve(config)
  strategy = strategy or make_strategy(config)
  directory = WorkDir(workdir) if is_chief(strategy) else None
  with explain_lost_workers(strategy):
    is_new = directory is not None and directory.check(config.pinned()) is None
    seed_everything(config)
    data = data or load_data(config)
    parts = build_search(config, data, strategy)
    make_observers(parts)  # Raises if there is something amiss.
    memory = (
      check_memory(parts.step_graph, config, config.memory_budget)
      if is_new
      else ''
    )
    verbose = verbose and directory is not None
    run = EpochRunner(parts, verbose)
    # Nothing but the search holds its parts: those of a stage that has ended
    # give their memory back.
    hand_over, parts = [parts], None
    if directory is None:
      return _search(hand_over, run, data, None, verbose, memory)
    # Not before the parts are known to fit together, and into memory.
    directory.pin(config.pinned())
    with directory.exclusive():
      return _search(hand_over, run, data, directory, verbose, memory)


def _search(
  hand_over: list[SearchParts],
  run: EpochRunner,
  data: ImageData,
  directory: WorkDir | None,
  verbose: bool,
  memory: str,
) -> SearchResult:
  """Starts or continues the search whose directory this is."""
  parts = hand_over.pop()
  config = parts.config
  say = print if verbose else (lambda *unused_args, **unused_kwargs: None)
  record = SearchRecord(directory)
  record.start(parts)
  checkpoint, warnings = latest_checkpoint(parts.strategy, directory)
  for warning in warnings:
    say(f'Warning: {warning}')
  first_epoch = 0
  if checkpoint is not None:
    parts = record.restore(parts, checkpoint)
    record.write(parts)
    first_epoch = checkpoint.epoch + 1
  say(describe(parts, data.info))
  if growth := run.describe():
    say(growth)
  if memory:
    say(f'Memory      {memory}')
  if first_epoch:
    say(f'Continuing after epoch {first_epoch} of {config.epochs}.')
  observers, evaluation = make_observers(parts), Evaluation(parts.logits)
  if checkpoint is not None:
    run.restore(checkpoint.meta)
  for epoch in range(first_epoch, config.epochs):
    if epoch == parts.stage.end:
      parts = next_stage(parts, record)
      observers, evaluation = make_observers(parts), Evaluation(parts.logits)
      gc.collect()  # The graphs of the last stage.
      say(describe_stage(record.stages))
    metrics = run(parts, epoch)
    every = config.evaluate_every
    if epoch == config.epochs - 1 or (every and (epoch + 1) % every == 0):
      score = evaluation(
        parts.evaluation, *map(tf.convert_to_tensor, parts.alphas)
      )
      metrics |= {
        'validation_loss': score.loss,
        'validation_accuracy': score.accuracy,
      }
      check_finite(score._asdict(), parts, epoch, parts.steps_per_epoch - 1)
    for observe in observers:
      metrics |= observe(epoch)
    check_agreement(parts.strategy, alpha_arrays(parts).values())
    record.add(parts, metrics, run.state())
    say(_epoch_line(record.metrics[-1], config.epochs))
  return SearchResult(
    current_genotype(parts),
    record.metrics,
    {g: np.stack(h) for g, h in record.history.items()},
    parts.space,
    record.stages,
    config,
    data.info,
    directory,
  )


def _epoch_line(metrics: dict[str, Any], epochs: int) -> str:
  """One line that sums up an epoch."""
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
  mean = np.mean(list(metrics['entropy'].values()))
  if 'published_accuracy' in metrics:
    shown.append(
      f'published {metrics["published_accuracy"]:.2f} %, rank'
      f' {metrics["published_rank"]:,}'
    )
  skips = ', '.join(
    f'{n} {name}'
    for name, n in itertools.islice(metrics['skip_connections'].items(), 4)
  )
  return (
    f'Epoch {metrics["epoch"] + 1}/{epochs}  {"  ".join(shown)}'
    f'  entropy {mean:.3f}  skips {skips}'
    f'  {metrics["seconds"]:.0f} s'
  )
