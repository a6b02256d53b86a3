"""The speed and the memory of a retraining step."""

import math
import time
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from darts_tf.analysis.graph_memory import graph_memory
from darts_tf.distribution.run_data import distribute
from darts_tf.distribution.strategy import (
  check_devices,
  make_strategy,
  seed_everything,
)
from darts_tf.genotype import Genotype
from darts_tf.speed.data_clock import DataClock
from darts_tf.speed.device import device_fields
from darts_tf.speed.random_images import random_images
from darts_tf.speed.timing import StepTimes
from darts_tf.system.memory import peak_memory_mib
from darts_tf.system.process_times import seconds_since_start
from darts_tf.training.build import build_training
from darts_tf.training.config import TrainConfig


class _Clock(keras.callbacks.Callback):
  """Notes when each step has ended."""

  def __init__(self):
    super().__init__()
    self.ends = []
    self.to_first = None

  def on_train_batch_end(self, batch, logs=None):
    """Waits for the step by reading its loss."""
    del batch
    float(logs['loss'])
    if self.to_first is None:
      self.to_first = seconds_since_start()
    self.ends.append(time.perf_counter())


def measure_training(
  config: TrainConfig,
  genotype: Genotype,
  image_shape: tuple[int, int, int] = (32, 32, 3),
  num_classes: int = 10,
  steps: int = 5,
) -> dict[str, Any]:
  """Measures the steps of a retraining on random images, in `fit`.

  Waiting for data is measured by the data set that `fit` reads, see
  `DataClock`. Under several replicas batches go ahead to the devices, where
  nobody can tell it.

  Args:
    config: the retraining; its data set is not used.
    genotype: the architecture.
    image_shape: `(height, width, channels)` of the images.
    num_classes: number of classes.
    steps: steps that are timed, after the first.

  Returns:
    What `darts_tf.speed.search_speed.measure_search` returns, as far as it
    says something of a network.
  """
  check_devices(config)
  seed_everything(config)
  strategy = make_strategy(config)
  count = config.batch_size * (steps + 1)
  data = random_images(image_shape, num_classes, count)
  network, training, _ = build_training(config, genotype, data, strategy)
  batches = lambda: distribute(training, strategy, 0, steps + 1)
  started = time.perf_counter()
  graph = network.training_graph(next(iter(batches())))
  traced = time.perf_counter() - started
  before, expected = peak_memory_mib(), graph_memory(graph)
  clock, data_clock = _Clock(), DataClock()
  alone = strategy.num_replicas_in_sync == 1
  network.fit(
    data_clock.watch(batches()) if alone else batches(),
    steps_per_epoch=steps + 1,
    shuffle=False,
    callbacks=[clock],
    verbose=0,
  )
  times = StepTimes(
    tuple(np.diff(clock.ends).tolist()),
    data_clock.waited(clock.ends[0], clock.ends[-1]) if alone else None,
  )
  return {
    'search_space': genotype.search_space,
    'channels': config.channels,
    'cells': config.cells,
    'batch_size': config.batch_size,
    'image_shape': list(image_shape),
    'parameters': sum(math.prod(v.shape) for v in network.trainable_variables),
    'tensorflow': tf.__version__,
    **times.fields(),
    'seconds_to_first_step': round(clock.to_first, 1),
    'trace_seconds': round(traced, 1),
    'peak_rss_mib': round(peak_memory_mib()),
    **device_fields(),
    'expected_rss_mib': None
    if expected is None
    else round(before + sum(expected) / 2**20),
    'graph_operations': len(graph.get_operations()),
  }
