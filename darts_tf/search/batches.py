"""The batches of a search: the interface of policies, and equal batches."""

import abc
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import tensorflow as tf

from darts_tf.config.errors import InputError
from darts_tf.data import Stream
from darts_tf.distribution.run_data import distribute
from darts_tf.schedule import Stage
from darts_tf.search.config import SearchConfig

Metrics = Mapping[str, float]


class Feed(NamedTuple):
  """An epoch as policies of batches see it.

  Args:
    epoch: of the search, from 0.
    past: epochs of the stage before this one.
    stage: the stage.
    streams: the data of a step: those of the weights, then those of the
      architecture if its move needs any.
    strategy: of the run.
    run: `run(iterators, count)` takes an iterator of batches for each
      stream, makes so many steps and returns the metrics of each.
  """

  epoch: int
  past: int
  stage: Stage
  streams: Sequence[Stream]
  strategy: tf.distribute.Strategy
  run: Callable[[Sequence[Iterator], int], list[Metrics]]


class Batches(abc.ABC):
  """A policy: how many images each step of a search takes.

  Streams yield blocks, and a batch is one or several of them. The first
  batch has `config.batch_size` images. A policy may change the size from
  step to step, or from epoch to epoch. It keeps the same object for all
  stages of a search, and all that it remembers is in its `state`.

  Args:
    config: as `resolve` returned it.
  """

  def __init__(self, config: SearchConfig):
    self.config = config

  @property
  @abc.abstractmethod
  def block_size(self) -> int:
    """Images of a block, by which `config.batch_size` can be divided."""

  @property
  @abc.abstractmethod
  def compiled_size(self) -> int | None:
    """Images of the batches that steps are compiled for; `None` for any."""

  @abc.abstractmethod
  def steps(self, feed: Feed) -> Iterator[tuple[int, Metrics]]:
    """Makes the steps of an epoch.

    Args:
      feed: the epoch.

    Yields:
      The weight of each step in the means of the epoch, and its metrics.
    """

  def check(self, *streams: Stream | None) -> None:
    """Raises `InputError` if a stream has too few images for a batch.

    Args:
      *streams: streams of blocks, or `None`.
    """
    for stream in streams:
      if stream is None:
        continue
      most = stream.batch_size * stream.steps_per_epoch
      if self.config.batch_size > most:
        raise InputError(
          'The batch size does not fit the number of images; expected'
          f' {stream.batch_size} to {most}.'
          f' Received: batch_size={self.config.batch_size}'
        )

  def steps_per_epoch(self, stream: Stream) -> int:
    """Returns the steps of an epoch; the most there can be, if that varies.

    Args:
      stream: the blocks of the weights.
    """
    blocks = self.config.batch_size // self.block_size
    return self.config.steps_per_epoch or stream.steps_per_epoch // blocks

  def begin(self) -> 'Batches':
    """Begins to measure, if the policy measures; returns the policy.

    A search calls it once, when its parts are built.
    """
    return self

  def describe(self) -> str:
    """Returns a line on the policy for people; nothing by default."""
    return ''

  def metrics(self) -> dict[str, Any]:
    """Returns numbers on the batches of the last epoch, for the record."""
    return {}

  def state(self) -> dict[str, Any]:
    """Returns what a checkpoint must hold, as JSON can hold it."""
    return {}

  def restore(self, state: Mapping[str, Any]) -> None:
    """Inverts `state`.

    Args:
      state: what it returned, among other entries of a checkpoint.
    """
    del state


class EqualBatches(Batches):
  """All batches of a search have the same number of images."""

  @property
  def block_size(self) -> int:
    """See `Batches`; a block is a batch."""
    return self.config.batch_size

  @property
  def compiled_size(self) -> int:
    """See `Batches`."""
    return self.config.batch_size

  def steps(self, feed: Feed) -> Iterator[tuple[int, Metrics]]:
    """See `Batches`; all steps count alike."""
    steps = self.steps_per_epoch(feed.streams[0])
    first = feed.epoch * steps
    iterators = [
      iter(distribute(stream, feed.strategy, first, first + steps))
      for stream in feed.streams
    ]
    at_once = self.config.steps_per_execution
    for start in range(0, steps, at_once):
      for metrics in feed.run(iterators, min(at_once, steps - start)):
        yield 1, metrics
