"""Callbacks between the steps and epochs of retraining."""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import keras
import tensorflow as tf

from darts_tf.models.network import Network
from darts_tf.runs.checkpoint import Checkpoint, CheckpointStore
from darts_tf.runs.variables import (
  assign_arrays,
  check_finite,
  named_slots,
  named_variables,
  not_finite,
  to_arrays,
)
from darts_tf.runs.workdir import WorkDir


@contextmanager
def averaged_weights(network: Network) -> Iterator[None]:
  """Replaces the weights by their averages for a while.

  Args:
    network: compiled; without averages it stays as it is.
  """
  optimizer = network.optimizer
  if not optimizer.use_ema:
    yield
    return
  variables = network.trainable_variables
  saved = [tf.identity(v.value) for v in variables]
  optimizer.finalize_variable_values(variables)
  try:
    yield
  finally:
    for variable, value in zip(variables, saved):
      variable.assign(value)


class DropPathRamp(keras.callbacks.Callback):
  """Raises the drop path rate along a line: `rate * epoch / epochs`.

  Args:
    rate: probability at the end.
    epochs: length of the run.
  """

  def __init__(self, rate: float, epochs: int):
    super().__init__()
    self.rate = rate
    self.epochs = epochs

  def on_epoch_begin(self, epoch: int, logs=None) -> None:
    """Sets the network's variable."""
    del logs
    self.model.drop_path_rate.assign(self.rate * epoch / self.epochs)


class StopIfNotFinite(keras.callbacks.Callback):
  """Ends a run whose loss is NaN or infinite, before it is saved."""

  def on_train_batch_end(self, batch: int, logs=None) -> None:
    """Looks at the mean loss of the epoch so far."""
    if not math.isfinite(logs['loss']):
      raise not_finite(
        f'loss of step {batch + 1} is', _rates(self.model.optimizer)
      )


def _rates(optimizer) -> str:
  """Lists the options to change in a run that diverges."""
  return (
    f'learning_rate={_learning_rate(optimizer):g},'
    f' clip_norm={getattr(optimizer, "clip_norm", None)}'
  )


def _learning_rate(optimizer) -> float:
  # A variable of several replicas does not turn into a number by itself.
  return float(tf.convert_to_tensor(optimizer.learning_rate))


class RunRecord(keras.callbacks.Callback):
  """Writes a checkpoint and the metrics after each epoch.

  The checkpoint holds weights, statistics, optimizer and random state, so
  that a run that was stopped continues exactly.

  Args:
    workdir: the run's directory; `None` on a worker that follows the chief,
      which writes nothing.
    network: the network, compiled and with a built optimizer.
    evaluate: returns the scores on held-out images, given the names of the
      network's metrics; `None` without any.
  """

  def __init__(
    self,
    workdir: WorkDir | None,
    network: Network,
    evaluate: Callable[..., dict[str, float]] | None = None,
  ):
    super().__init__()
    self.workdir = workdir
    self.network = network
    self.evaluate = evaluate
    self.metrics: list[dict[str, Any]] = []
    self._started = 0.0

  def variables(self) -> dict[str, dict[str, keras.Variable]]:
    """Returns the variables of network and optimizer by name."""
    network = named_variables(self.network)
    names = {id(variable): name for name, variable in network.items()}
    return {
      'network': network,
      'optimizer': named_slots(
        self.network.optimizer,
        [names[id(v)] for v in self.network.trainable_variables],
      ),
    }

  def restore(self, checkpoint: Checkpoint) -> None:
    """Puts network and record into a checkpoint's state."""
    for owner, variables in self.variables().items():
      assign_arrays(owner, variables, checkpoint.arrays)
    self.metrics = checkpoint.meta['metrics']
    if self.workdir is not None:
      self.workdir.write_metrics(self.metrics)

  def on_epoch_begin(self, epoch: int, logs=None) -> None:
    """Notes the time."""
    del epoch, logs
    self._started = time.monotonic()

  def on_epoch_end(self, epoch: int, logs=None) -> None:
    """Evaluates, saves, and adds the scores to Keras' logs."""
    optimizer = self.network.optimizer
    arrays = {}
    for owner, variables in self.variables().items():
      arrays |= to_arrays(owner, variables)
    check_finite(arrays, _rates(optimizer))
    names = self.network.get_metrics_result()
    metrics = {
      'epoch': epoch,
      **{
        f'train_{name}': float(logs[name])
        for name in sorted(names, key='loss'.__ne__)
      },
    }
    if self.evaluate is not None:
      with averaged_weights(self.network):
        scores = self.evaluate(names)
      metrics |= {f'validation_{k}': value for k, value in scores.items()}
      logs |= {f'val_{k}': value for k, value in scores.items()}
    metrics |= {
      'learning_rate': _learning_rate(optimizer),
      'seconds': round(time.monotonic() - self._started, 3),
    }
    self.metrics.append(metrics)
    if self.workdir is not None:
      CheckpointStore(self.workdir.checkpoints_path).save(
        epoch, arrays, {'metrics': self.metrics}
      )
      self.workdir.write_metrics(self.metrics)
