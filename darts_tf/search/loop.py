"""The search: epochs of steps, each written down when it ends."""

import dataclasses
import itertools
import math
import os
import sys
import time
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from darts_tf.data import DatasetInfo, ImageData
from darts_tf.distribution import make_strategy, seed_everything
from darts_tf.evaluation import Evaluation
from darts_tf.genotype import Genotype
from darts_tf.memory_check import check_memory
from darts_tf.run_data import distribute, load_data
from darts_tf.search.builder import SearchParts, build_search, resolve
from darts_tf.search.config import SearchConfig
from darts_tf.search.observers import Observer, make_observers
from darts_tf.search.record import SearchRecord, alpha_arrays, current_genotype
from darts_tf.search.summary import describe
from darts_tf.variables import not_finite
from darts_tf.workdir import WorkDir
from darts_tf.workers import (
  check_agreement,
  explain_lost_workers,
  is_chief,
  latest_checkpoint,
)


@dataclasses.dataclass(frozen=True)
class SearchResult:
  """What a search has found.

  Args:
    genotype: the architecture.
    metrics: one mapping an epoch.
    history: group to mixing weights, `(epochs + 1, edges, candidates)`.
    config: the resolved configuration.
    info: the data set.
    workdir: where all of it is written; `None` on a worker that is not the
      chief.
  """

  genotype: Genotype
  metrics: list[dict[str, Any]]
  history: dict[str, np.ndarray]
  config: SearchConfig
  info: DatasetInfo
  workdir: WorkDir | None


def run_search(
    config: SearchConfig, workdir: str | os.PathLike,
    data: ImageData | None = None, verbose: bool = True,
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
    is_new = (directory is not None
              and directory.check(config.pinned()) is None)
    seed_everything(config)
    data = data or load_data(config)
    parts = build_search(config, data, strategy)
    observers = make_observers(parts)
    memory = check_memory(parts.step_graph, config) if is_new else ''
    if directory is None:
      return _search(parts, observers, data, None, False, memory)
    # Not before the parts are known to fit together, and into memory.
    directory.pin(config.pinned())
    with directory.exclusive():
      return _search(parts, observers, data, directory, verbose, memory)


def _search(
    parts: SearchParts, observers: list[Observer], data: ImageData,
    directory: WorkDir | None, verbose: bool, memory: str,
) -> SearchResult:
  """Starts or continues the search whose directory this is."""
  config = parts.config
  say = print if verbose else (lambda *unused_args, **unused_kwargs: None)
  record = SearchRecord(directory)
  record.start(parts)
  checkpoint, warnings = latest_checkpoint(parts.strategy, directory)
  for warning in warnings:
    say(f'Warning: {warning}')
  first_epoch = 0
  if checkpoint is not None:
    record.restore(parts, checkpoint)
    record.write(parts)
    first_epoch = checkpoint.epoch + 1
  say(describe(parts, data.info))
  if memory:
    say(f'Memory      {memory}')
  if first_epoch:
    say(f'Continuing after epoch {first_epoch} of {config.epochs}.')
  evaluation = Evaluation(parts.logits)
  for epoch in range(first_epoch, config.epochs):
    metrics = _run_epoch(parts, epoch, verbose)
    every = config.evaluate_every
    if epoch == config.epochs - 1 or (every and (epoch + 1) % every == 0):
      score = evaluation(
          parts.evaluation, *map(tf.convert_to_tensor, parts.alphas))
      metrics |= {'validation_loss': score.loss,
                  'validation_accuracy': score.accuracy}
      _check_finite(score._asdict(), parts, epoch, parts.steps_per_epoch - 1)
    for observe in observers:
      metrics |= observe(epoch)
    check_agreement(parts.strategy, alpha_arrays(parts).values())
    record.add(parts, metrics)
    say(_epoch_line(record.metrics[-1], config.epochs))
  return SearchResult(
      current_genotype(parts), record.metrics,
      {g: np.stack(h) for g, h in record.history.items()}, config,
      data.info, directory)


def _run_epoch(
    parts: SearchParts, epoch: int, verbose: bool
) -> dict[str, Any]:
  """Runs the steps of an epoch; returns the means of their metrics."""
  started = time.monotonic()
  config, steps = parts.config, parts.steps_per_epoch
  rate = parts.learning_rate.at(epoch)
  parts.weight_optimizer.learning_rate.assign(rate)
  parts.relaxation.start_epoch(epoch, config.epochs)
  if config.drop_path:
    # The same ramp as in retraining.
    parts.supernet.drop_path_rate.assign(
        config.drop_path * epoch / config.epochs)
  span = (epoch * steps, (epoch + 1) * steps)
  grace = epoch < config.grace_epochs
  streams = [parts.weight_stream]
  if parts.estimator.uses_validation and not grace:
    streams.append(parts.architecture_stream)
  batches = [iter(distribute(s, parts.strategy, *span)) for s in streams]
  # A bar is for people; a log gets one line an epoch.
  interactive = verbose and sys.stdout.isatty()
  bar = keras.utils.Progbar(steps) if interactive else None
  if interactive:
    print(f'Epoch {epoch + 1}/{config.epochs}')
  sums = {}
  run = parts.step.trainings if grace else parts.step.searches
  for start in range(0, steps, config.steps_per_execution):
    count = min(config.steps_per_execution, steps - start)
    for step, metrics in enumerate(run(batches, count), start):
      _check_finite(metrics, parts, epoch, step)
      for name, value in metrics.items():
        sums[name] = sums.get(name, 0.) + value
      if bar is not None:
        bar.update(step + 1, list(metrics.items()))
  means = {name: total / steps for name, total in sums.items()}
  if not grace:
    parts.estimator.check(means)
  return {
      'epoch': epoch,
      **means,
      'learning_rate': rate,
      'seconds': round(time.monotonic() - started, 3),
  }


def _check_finite(metrics, parts, epoch, step) -> None:
  if all(math.isfinite(value) for value in metrics.values()):
    return
  raise not_finite(
      f'loss of epoch {epoch + 1}, step {step + 1} is', parts.rates())


def _epoch_line(metrics: dict[str, Any], epochs: int) -> str:
  """One line that sums up an epoch."""
  numbers = [
      ('loss', 'train_loss'), ('accuracy', 'train_accuracy'),
      ('validation loss', 'validation_loss'),
      ('accuracy', 'validation_accuracy'), ('eigenvalue', 'eigenvalue')]
  shown = [f'{label} {metrics[name]:.4f}' for label, name in numbers
           if name in metrics]
  mean = np.mean(list(metrics['entropy'].values()))
  if 'published_accuracy' in metrics:
    shown.append(f'published {metrics["published_accuracy"]:.2f} %, rank'
                 f' {metrics["published_rank"]:,}')
  skips = ', '.join(f'{n} {name}' for name, n in itertools.islice(
      metrics['skip_connections'].items(), 4))
  return (f'Epoch {metrics["epoch"] + 1}/{epochs}  {"  ".join(shown)}'
          f'  entropy {mean:.3f}  skips {skips}'
          f'  {metrics["seconds"]:.0f} s')
