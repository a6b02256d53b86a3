"""Errors that are a trial's own, and errors that end the tuning."""

import contextlib
from collections.abc import Iterator

import tensorflow as tf
from keras_tuner import errors

from darts_tf.config.errors import DivergedError, OutOfMemoryError

# The next architecture may do without them.
OWN_FAULTS = (
  DivergedError,
  OutOfMemoryError,
  MemoryError,
  tf.errors.ResourceExhaustedError,
)


class TuningStopped(errors.FatalError):
  """Carries an error past Keras Tuner, which would try the next trial.

  Args:
    error: the error, which each further trial would meet, too.
  """

  def __init__(self, error: Exception):
    super().__init__(str(error))
    self.error = error


@contextlib.contextmanager
def judged(name: str, verbose: bool) -> Iterator[None]:
  """Fails a trial for its own faults and stops the tuning for all others.

  A run that has diverged, or a network that does not fit into memory, says
  something about the architecture. A wrong option, a missing file, a full
  disk or a mistake in a program does not: each further trial would meet it,
  too, after hours for nothing.

  Args:
    name: of the trial, to be printed.
    verbose: whether failures are printed.

  Raises:
    keras_tuner.errors.FailedTrialError: in the place of a trial's own fault.
    TuningStopped: in the place of any other error.
  """
  try:
    yield
  except OWN_FAULTS as error:
    if verbose:
      print(f'Trial {name} failed: {error}')
    raise errors.FailedTrialError(str(error)) from error
  except (errors.FailedTrialError, errors.FatalError):
    raise  # A hypermodel has raised one of the two itself.
  except Exception as error:
    raise TuningStopped(error) from error


@contextlib.contextmanager
def unwrapped() -> Iterator[None]:
  """Raises the error that a `TuningStopped` carries in its place."""
  stopped = None
  try:
    yield
  except TuningStopped as error:
    stopped = error.error
  if stopped is not None:
    # Not raised above, where Python would add the carrier to its context.
    raise stopped
