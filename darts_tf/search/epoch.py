"""One epoch of a search: its steps, of one batch size or of growing ones."""

import collections
import math
import sys
import time
from collections.abc import Iterator, Mapping
from typing import Any

import keras
import tensorflow as tf

from darts_tf.config.errors import OutOfMemoryError
from darts_tf.distribution.run_data import distribute, join
from darts_tf.runs.variables import not_finite
from darts_tf.schedule.batch_size import THRESHOLD, AdaptiveBatchSize
from darts_tf.search.parts import SearchParts
from darts_tf.system.memory_meter import MemoryMeter, memory_budget_mib

Metrics = Mapping[str, float]


class EpochRunner:
  """Runs the epochs of a search.

  Args:
    parts: the search, in the stage in which it starts.
    verbose: whether a bar is shown, on a terminal.
  """

  def __init__(self, parts: SearchParts, verbose: bool):
    # A bar is for people; a log gets one line an epoch.
    self._interactive = verbose and sys.stdout.isatty()
    self._sizes, self._meter, self._position = None, None, 0
    config = parts.config
    if config.max_batch_size:
      self._meter = MemoryMeter()
      self._sizes = AdaptiveBatchSize(
        config.batch_size,
        config.batch_multiple,
        config.max_batch_size,
        memory_budget_mib(config.memory_budget),
      )

  def describe(self) -> str:
    """One line on growing batches; empty where they do not grow."""
    if self._sizes is None:
      return ''
    return (
      f'Batches     grow by multiples of {self._sizes.multiple} to'
      f' {self._sizes.largest}, while a step takes less than'
      f' {THRESHOLD:.0%} of {self._sizes.budget:,.0f} MiB'
    )

  def state(self) -> dict[str, Any]:
    """What a checkpoint must hold; empty where batches do not grow."""
    if self._sizes is None:
      return {}
    return {'batches': self._sizes.state(), 'position': self._position}

  def restore(self, state: Mapping[str, Any]) -> None:
    """Inverts `state`."""
    if self._sizes is not None:
      self._sizes.restore(state['batches'])
      self._position = state['position']

  def __call__(self, parts: SearchParts, epoch: int) -> dict[str, Any]:
    """Runs an epoch; returns the means of its metrics.

    Args:
      parts: the search, in the epoch's stage.
      epoch: of the search, from 0.

    Raises:
      DivergedError: if the loss is no longer a finite number.
      OutOfMemoryError: if not even the smallest batch fits into memory.
    """
    started = time.monotonic()
    config, stage = parts.config, parts.stage
    rate = parts.begin_epoch(epoch)
    past = epoch - stage.first_epoch
    grace = past < stage.grace_epochs
    if self._sizes is not None and past in (0, stage.grace_epochs):
      # Another supernet, or steps that take more memory than those of
      # weights alone.
      self._sizes.restart()
    run = self._growing if self._sizes else self._equal
    bar = None
    if self._interactive:
      print(f'Epoch {epoch + 1}/{config.epochs}')
      bar = keras.utils.Progbar(
        parts.steps_per_epoch, stateful_metrics=['batch_size']
      )
    sums, images, extra = collections.Counter(), 0, {}
    for step, (size, metrics) in enumerate(run(parts, epoch, grace, extra)):
      check_finite(metrics, parts, epoch, step)
      sums.update({n: size * value for n, value in metrics.items()})
      images += size
      if bar is not None:
        bar.update(step + 1, list(metrics.items()))
    means = {name: total / images for name, total in sums.items()}
    if not grace:
      parts.estimator.check(means)
    return {
      'epoch': epoch,
      **means,
      **extra,
      'learning_rate': rate,
      'seconds': round(time.monotonic() - started, 3),
    }

  def _equal(
    self, parts: SearchParts, epoch: int, grace: bool, extra: dict
  ) -> Iterator[tuple[int, Metrics]]:
    """Steps of one batch size; yields 1, since all count alike."""
    del extra
    config, steps = parts.config, parts.steps_per_epoch
    batches = [
      iter(
        distribute(stream, parts.strategy, epoch * steps, (epoch + 1) * steps)
      )
      for stream in _streams(parts, grace)
    ]
    run = parts.step.trainings if grace else parts.step.searches
    for start in range(0, steps, config.steps_per_execution):
      count = min(config.steps_per_execution, steps - start)
      for metrics in run(batches, count):
        yield 1, metrics

  def _growing(
    self, parts: SearchParts, epoch: int, grace: bool, extra: dict
  ) -> Iterator[tuple[int, Metrics]]:
    """Steps of growing batches; yields the images of each.

    Every image of the epoch is seen once, but for a last batch that would
    be smaller than the first one. With a number of steps an epoch, the next
    one goes on where this one ends.
    """
    streams, sizes = _streams(parts, grace), self._sizes
    multiple, steps = sizes.multiple, parts.config.steps_per_epoch
    if steps:
      start, stop, left = self._position, None, math.inf
    else:
      left = parts.weight_stream.steps_per_epoch
      start, stop = epoch * left, (epoch + 1) * left
    sources = [
      _Blocks(distribute(stream, parts.strategy, start, stop))
      for stream in streams
    ]
    run = parts.step.train if grace else parts.step.search
    changes, most, step = [[0, sizes.size]], -math.inf, 0
    while left * multiple >= sizes.smallest and step < (steps or math.inf):
      number = min(sizes.size // multiple, left)
      taken = [source.take(number) for source in sources]
      self._meter.restart()
      try:
        metrics = {
          name: float(value) for name, value in run(*map(join, taken)).items()
        }
      except tf.errors.ResourceExhaustedError as error:
        for source, blocks in zip(sources, taken, strict=True):
          source.give_back(blocks)
        if not sizes.ran_out():
          raise OutOfMemoryError(
            'Not even the smallest batch fits into memory; expected fewer'
            ' cells or channels. Received: batch_multiple='
            f'{multiple}'
          ) from error
        changes.append([step, sizes.size])
        continue
      used = self._meter.used_mib()
      left, step, start = left - number, step + 1, start + number
      most = max(most, used)
      # A last, smaller batch says nothing about the present size.
      if number == sizes.size // multiple and sizes.observe(
        used, self._meter.held_mib()
      ):
        changes.append([step, sizes.size])
      yield number * multiple, metrics
    self._position = start
    extra |= {
      'batch_size': sizes.size,
      'batch_sizes': changes,
      'memory_mib': round(most, 1),
      'memory_budget_mib': round(sizes.budget, 1),
    }


class _Blocks:
  """The smallest batches of an epoch, taken several at a time."""

  def __init__(self, blocks):
    self._blocks = iter(blocks)
    self._returned = collections.deque()

  def take(self, count: int) -> list:
    """Returns the next ones."""
    return [
      self._returned.popleft() if self._returned else next(self._blocks)
      for _ in range(count)
    ]

  def give_back(self, blocks: list) -> None:
    """Takes back what was not used."""
    self._returned.extendleft(reversed(blocks))


def _streams(parts: SearchParts, grace: bool) -> list:
  """The data of an epoch's steps."""
  if parts.estimator.uses_validation and not grace:
    return [parts.weight_stream, parts.architecture_stream]
  return [parts.weight_stream]


def check_finite(
  metrics: Metrics, parts: SearchParts, epoch: int, step: int
) -> None:
  """Raises `DivergedError` if a loss is no longer finite."""
  if all(math.isfinite(value) for value in metrics.values()):
    return
  raise not_finite(
    f'loss of epoch {epoch + 1}, step {step + 1} is', parts.advice()
  )
