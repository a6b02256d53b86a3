"""Batches that grow while memory allows it, and a check of their options."""

import collections
import math
from collections.abc import Iterator, Mapping
from typing import Any

import tensorflow as tf

from darts_tf.config.errors import InputError, OutOfMemoryError
from darts_tf.distribution.run_data import distribute, join
from darts_tf.search.batch_size import THRESHOLD, AdaptiveBatchSize
from darts_tf.search.batches import Batches, Feed, Metrics
from darts_tf.search.config import SearchConfig
from darts_tf.system.memory_meter import MemoryMeter, memory_budget_mib

_BATCH_MULTIPLE = 8


def check_batches(config: SearchConfig) -> int | None:
  """Checks the options of batches that grow.

  Args:
    config: the options.

  Returns:
    The number that sizes are multiples of; `None` if batches do not grow.

  Raises:
    InputError: if an option does not fit the others.
  """
  if config.max_batch_size is None:
    if config.batch_multiple is not None:
      raise InputError(
        'Batches do not grow; expected batch_multiple with max_batch_size.'
        f' Received: batch_multiple={config.batch_multiple}'
      )
    if config.memory_budget and tf.config.list_physical_devices('GPU'):
      raise InputError(
        'The memory of batches that do not grow is estimated on CPUs only;'
        ' expected memory_budget with max_batch_size.'
        f' Received: memory_budget={config.memory_budget:g}'
      )
    return None
  multiple = config.batch_multiple or _BATCH_MULTIPLE
  if (
    config.batch_size % multiple
    or config.max_batch_size % multiple
    or (config.max_batch_size < config.batch_size)
  ):
    raise InputError(
      'Batches grow by multiples; expected batch_size, and a'
      f' max_batch_size that is not smaller, to be multiples of {multiple}.'
      f' Received: batch_size={config.batch_size},'
      f' max_batch_size={config.max_batch_size}'
    )
  for name, only in (
    ('strategy', 'default'),
    ('steps_per_execution', 1),
    ('xla', False),
  ):
    if getattr(config, name) != only:
      raise InputError(
        'Batches that grow are of one device, step by step, and not'
        f' compiled for one size; expected {name}={only}. Received:'
        f' {name}={getattr(config, name)!r},'
        f' max_batch_size={config.max_batch_size}'
      )
  return multiple


class GrowingBatches(Batches):
  """Batches that grow while memory allows it (arXiv:1906.07528).

  Every image of an epoch is seen once, but for a last batch that would be
  smaller than the first one. With a number of steps an epoch, the next one
  goes on where this one ends. See `AdaptiveBatchSize` for the sizes.

  Args:
    config: as `resolve` returned it.
  """

  def __init__(self, config: SearchConfig):
    super().__init__(config)
    # These exist from `begin` on.
    self._sizes: AdaptiveBatchSize | None = None
    self._meter: MemoryMeter | None = None
    self._position = 0
    self._metrics: dict[str, Any] = {}

  @property
  def block_size(self) -> int:
    """See `Batches`; the smallest batch there can be."""
    return self.config.batch_multiple

  @property
  def compiled_size(self) -> None:
    """See `Batches`; one graph serves all sizes."""
    return None

  def begin(self) -> 'GrowingBatches':
    """See `Batches`; what counts is memory beyond what is held now."""
    config = self.config
    self._meter = MemoryMeter()
    self._sizes = AdaptiveBatchSize(
      config.batch_size,
      config.batch_multiple,
      config.max_batch_size,
      memory_budget_mib(config.memory_budget),
    )
    return self

  def describe(self) -> str:
    """See `Batches`."""
    return (
      f'Batches     grow by multiples of {self._sizes.multiple} to'
      f' {self._sizes.largest}, while a step takes less than'
      f' {THRESHOLD:.0%} of {self._sizes.budget:,.0f} MiB'
    )

  def metrics(self) -> dict[str, Any]:
    """See `Batches`."""
    return self._metrics

  def state(self) -> dict[str, Any]:
    """See `Batches`."""
    return {'batches': self._sizes.state(), 'position': self._position}

  def restore(self, state: Mapping[str, Any]) -> None:
    """See `Batches`."""
    self._sizes.restore(state['batches'])
    self._position = state['position']

  def steps(self, feed: Feed) -> Iterator[tuple[int, Metrics]]:
    """See `Batches`; a step counts as much as it has images.

    Raises:
      OutOfMemoryError: if not even the smallest batch fits into memory.
    """
    sizes, multiple = self._sizes, self._sizes.multiple
    if feed.past in (0, feed.stage.grace_epochs):
      # Another supernet, or steps that take more memory than those of
      # weights alone.
      sizes.restart()
    steps = self.config.steps_per_epoch
    if steps:
      start, stop, left = self._position, None, math.inf
    else:
      left = feed.streams[0].steps_per_epoch
      start, stop = feed.epoch * left, (feed.epoch + 1) * left
    sources = [
      _Blocks(distribute(stream, feed.strategy, start, stop))
      for stream in feed.streams
    ]
    changes, most, step = [[0, sizes.size]], -math.inf, 0
    while left * multiple >= sizes.smallest and step < (steps or math.inf):
      number = min(sizes.size // multiple, left)
      taken = [source.take(number) for source in sources]
      self._meter.restart()
      try:
        (metrics,) = feed.run([iter([join(blocks)]) for blocks in taken], 1)
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
    self._metrics = {
      'batch_size': sizes.size,
      'batch_sizes': changes,
      'memory_mib': round(most, 1),
      'memory_budget_mib': round(sizes.budget, 1),
    }


class _Blocks:
  """The blocks of an epoch, taken several at a time."""

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
