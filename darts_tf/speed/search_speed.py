"""The speed and the memory of a search step."""

import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import tensorflow as tf

from darts_tf.analysis.graph_cost import graph_multiply_adds
from darts_tf.analysis.graph_memory import graph_memory
from darts_tf.distribution.run_data import distribute
from darts_tf.distribution.strategy import make_strategy, seed_everything
from darts_tf.search.builder import build_search
from darts_tf.search.config import SearchConfig
from darts_tf.search.parts import SearchParts
from darts_tf.search.resolve import resolve
from darts_tf.speed.device import device_fields
from darts_tf.speed.random_images import random_images
from darts_tf.speed.timing import time_steps
from darts_tf.system.memory import peak_memory_mib
from darts_tf.system.process_times import seconds_since_start


def measure_search(
  config: SearchConfig,
  image_shape: tuple[int, int, int] = (32, 32, 3),
  num_classes: int = 10,
  steps: int = 5,
) -> dict[str, Any]:
  """Measures the steps of a search on random images.

  The step is that of `run_search`, with its input pipeline: batches are
  augmented and prefetched while the step before runs.

  Args:
    config: the search; its data set is not used.
    image_shape: `(height, width, channels)` of the images.
    num_classes: number of classes.
    steps: steps that are timed, after the first.

  Returns:
    The sizes of the search, and: `seconds_per_step_median` and `_min`;
    `share_waiting_for_data`, the share of the time of these steps in which
    the next batches were not there yet;
    `seconds_to_first_step` from the start of the process to the end of the
    first step; `trace_seconds` of building its graph; `peak_rss_mib`, and
    its estimate from the graph, `expected_rss_mib`; `device` and
    `peak_device_mib`, the memory of tensors on a GPU;
    `graph_operations`, and `graph_kernels` of them, which are not
    constants or placeholders; `gigaflop_per_step`, two operations a
    multiply-addition, of convolutions, products and their gradients;
    `gflops_per_second` at the median.
  """
  parts, batches = build_measured(config, image_shape, num_classes, steps + 1)
  config = parts.config
  first = next(batches)
  started = time.perf_counter()
  graph = parts.step.search_graph(*first)
  traced = time.perf_counter() - started
  before, expected = peak_memory_mib(), graph_memory(graph)
  _finish(parts.step.search(*first))
  to_first = seconds_since_start()
  times = time_steps(batches, lambda batch: _finish(parts.step.search(*batch)))
  operations = list(graph.get_operations())
  gigaflop = 2 * graph_multiply_adds(graph) / 1e9
  return {
    'search_space': config.search_space,
    'method': config.method,
    'gradient': config.gradient,
    'channels': config.channels,
    'cells': config.cells,
    'batch_size': config.batch_size,
    'replicas': parts.strategy.num_replicas_in_sync,
    'image_shape': list(image_shape),
    'parameters': sum(
      int(np.prod(v.shape)) for v in parts.supernet.trainable_variables
    ),
    'tensorflow': tf.__version__,
    **times.fields(),
    'seconds_to_first_step': round(to_first, 1),
    'trace_seconds': round(traced, 1),
    'peak_rss_mib': round(peak_memory_mib()),
    **device_fields(),
    'expected_rss_mib': None
    if expected is None
    else round(before + sum(expected) / 2**20),
    'graph_operations': len(operations),
    'graph_kernels': sum(
      op.type not in ('Const', 'Placeholder') for op in operations
    ),
    'gigaflop_per_step': float(f'{gigaflop:.4g}'),
    'gflops_per_second': float(f'{gigaflop / times.median:.3g}'),
  }


def build_measured(
  config: SearchConfig,
  image_shape: tuple[int, int, int],
  num_classes: int,
  steps: int,
) -> tuple[SearchParts, Iterator]:
  """Builds a search on random images.

  Args:
    config: the search.
    image_shape: see `measure_search`.
    num_classes: number of classes.
    steps: number of steps for which there are batches.

  Returns:
    The parts, and an iterator of pairs of a training and a validation
    batch.
  """
  config = resolve(config)
  seed_everything(config)
  strategy = make_strategy(config)
  parts = build_search(
    config,
    random_images(image_shape, num_classes, _count(config, steps, num_classes)),
    strategy,
  )
  parts.begin_epoch(0)  # Sets temperatures and other factors.
  streams = [s for s in (parts.weight_stream, parts.architecture_stream) if s]
  batches = zip(*(distribute(s, parts.strategy, 0, steps) for s in streams))
  return parts, ((batch[0], batch[-1]) for batch in batches)


def _finish(metrics: dict[str, tf.Tensor]) -> None:
  """Waits for the end of a step by reading its numbers, as a search does."""
  for value in metrics.values():
    float(value)


def _count(config: SearchConfig, steps: int, num_classes: int) -> int:
  """Returns the number of images for all steps; each stream has its own."""
  share = min(config.weight_portion, 1 - config.weight_portion)
  # A stratified split may leave some of each class on the wrong side.
  return int(steps * config.batch_size / share) + 2 * num_classes
