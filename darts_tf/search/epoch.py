"""One epoch of a search: its steps, and the means of their metrics."""

import collections
import math
import sys
import time
from typing import Any

import keras

from darts_tf.runs.variables import not_finite
from darts_tf.search.batches import Batches, Feed, Metrics
from darts_tf.search.parts import SearchParts


class EpochRunner:
  """Runs the epochs of a search.

  Args:
    batches: the policy that makes the steps, after its `begin`.
    verbose: whether a bar is shown, on a terminal.
  """

  def __init__(self, batches: Batches, verbose: bool):
    self._batches = batches
    # A bar is for people; a log gets one line an epoch.
    self._interactive = verbose and sys.stdout.isatty()

  def __call__(self, parts: SearchParts, epoch: int) -> dict[str, Any]:
    """Runs an epoch; returns the means of its metrics.

    Args:
      parts: the search, in the epoch's stage.
      epoch: of the search, from 0.

    Raises:
      DivergedError: if the loss is no longer a finite number.
      OutOfMemoryError: if no batch of the policy fits into memory.
    """
    started = time.monotonic()
    rate = parts.begin_epoch(epoch)
    past = epoch - parts.stage.first_epoch
    grace = past < parts.stage.grace_epochs
    bar = None
    if self._interactive:
      print(f'Epoch {epoch + 1}/{parts.config.epochs}')
      bar = keras.utils.Progbar(parts.steps_per_epoch)
    sums, weights = collections.Counter(), 0
    steps = self._batches.steps(_feed(parts, epoch, past, grace))
    for step, (weight, metrics) in enumerate(steps):
      check_finite(metrics, parts, epoch, step)
      sums.update({n: weight * value for n, value in metrics.items()})
      weights += weight
      if bar is not None:
        bar.update(step + 1, list(metrics.items()))
    means = {name: total / weights for name, total in sums.items()}
    if not grace:
      parts.estimator.check(means)
    return {
      'epoch': epoch,
      **means,
      **self._batches.metrics(),
      'learning_rate': rate,
      'seconds': round(time.monotonic() - started, 3),
    }


def _feed(parts: SearchParts, epoch: int, past: int, grace: bool) -> Feed:
  """Returns the data of an epoch, and the step that takes them."""
  streams = [parts.weight_stream]
  if parts.estimator.uses_validation and not grace:
    streams.append(parts.architecture_stream)
  run = parts.step.trainings if grace else parts.step.searches
  return Feed(epoch, past, parts.stage, streams, parts.strategy, run)


def check_finite(
  metrics: Metrics, parts: SearchParts, epoch: int, step: int
) -> None:
  """Raises `DivergedError` if a loss is no longer finite."""
  if all(math.isfinite(value) for value in metrics.values()):
    return
  raise not_finite(
    f'loss of epoch {epoch + 1}, step {step + 1} is', parts.advice()
  )
