"""The context of a run: its devices, directory, data and voice."""

import contextlib
import dataclasses
import os
import types
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import tensorflow as tf

from darts_tf.data import ImageData
from darts_tf.distribution.run_data import load_data
from darts_tf.distribution.strategy import make_strategy, seed_everything
from darts_tf.distribution.workers import explain_lost_workers, is_chief
from darts_tf.runs.run_config import RunConfig
from darts_tf.runs.workdir import WorkDir

_NOTHING: Mapping[str, Any] = types.MappingProxyType({})


@dataclasses.dataclass(frozen=True)
class RunContext:
  """The surroundings of a run, before its directory is its own.

  Args:
    strategy: distributes the run over devices.
    directory: the work directory; `None` on a worker that is not the chief,
      which writes nothing.
    data: the images.
    is_new: whether the directory holds nothing of the run yet.
    verbose: whether this process prints the course.
    pinned: all options that change the result.
    added: see `WorkDir.pin`.
  """

  strategy: tf.distribute.Strategy
  directory: WorkDir | None
  data: ImageData
  is_new: bool
  verbose: bool
  pinned: Mapping[str, Any]
  added: Mapping[str, Any]

  @property
  def say(self) -> Callable[..., None]:
    """Prints a line, if this process prints the course."""
    return print if self.verbose else _say_nothing

  @contextlib.contextmanager
  def begin(self) -> Iterator[None]:
    """Ties the directory to the run and keeps other runs out meanwhile.

    It comes after all checks: a run that cannot begin leaves no trace.

    Raises:
      RunStateError: if another run is at work in the directory.
    """
    if self.directory is None:
      yield
      return
    self.directory.pin(self.pinned, added=self.added)
    with self.directory.exclusive():
      yield


@contextlib.contextmanager
def open_run(
  config: RunConfig,
  workdir: str | os.PathLike,
  data: ImageData | None = None,
  verbose: bool = True,
  strategy: tf.distribute.Strategy | None = None,
  pinned: Mapping[str, Any] | None = None,
  added: Mapping[str, Any] = _NOTHING,
) -> Iterator[RunContext]:
  """Prepares a run: connects devices, checks the directory, loads data.

  Args:
    config: the resolved options.
    workdir: the run's directory.
    data: the images; those of `config.dataset` by default.
    verbose: whether the course is printed.
    strategy: as `make_strategy(config)` returned it, which is the default.
    pinned: all that changes the result; by default `config.pinned()`.
    added: see `WorkDir.pin`.

  Yields:
    The `RunContext`. A worker that is lost within is named in the error.

  Raises:
    InputError: if an option cannot be used.
    RunStateError: if the directory belongs to another run.
    ResourceError: if a worker is lost.
  """
  pinned = config.pinned() if pinned is None else pinned
  strategy = strategy or make_strategy(config)
  directory = WorkDir(workdir) if is_chief(strategy) else None
  with explain_lost_workers(strategy):
    is_new = (
      directory is not None and directory.check(pinned, added=added) is None
    )
    seed_everything(config)
    yield RunContext(
      strategy,
      directory,
      load_data(config) if data is None else data,
      is_new,
      verbose and directory is not None,
      pinned,
      added,
    )


def _say_nothing(*unused_args: Any) -> None:
  """Takes the place of `print` in a run that is not to be heard."""
