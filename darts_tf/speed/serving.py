"""An exported network, served in a process of its own.

  python -m darts_tf.speed.serving --directory=SAVED_MODEL \
      --batch_sizes=1,64 --batches=30

prints one line of JSON. The process does what that of a user does who has
nothing but TensorFlow: it loads the SavedModel and calls its signature. No
setting of `darts_tf.system.process` is in force.
"""

import json
import statistics
import time
from collections.abc import Sequence
from typing import Any

from absl import flags

from darts_tf.config import app

_WARM_UP = 3


def measure_serving(
  directory: str, batch_sizes: Sequence[int], batches: int
) -> dict[str, Any]:
  """Measures the predictions of a SavedModel.

  Images are in memory, as NumPy arrays, and so are the probabilities that
  return. There is no pipeline of data that could be waited for.

  Args:
    directory: of the SavedModel, as `darts_tf.export` writes it.
    batch_sizes: images of a batch; all are measured, the first one first.
    batches: batches of each size that are timed.

  Returns:
    `seconds_to_first_batch`, from the start of the process to the end of the
    first batch; `batches`, for each size its `seconds_per_batch_median`,
    `_min` and `images_per_second`; `graph_operations`, those of called
    functions included, before TensorFlow rewrites the graph;
    `peak_rss_mib`, `device` and `peak_device_mib`.
  """
  import numpy as np
  import tensorflow as tf

  from darts_tf.speed.device import device_fields
  from darts_tf.system.memory import peak_memory_mib
  from darts_tf.system.process_times import seconds_since_start

  loaded = tf.saved_model.load(directory)
  signature = loaded.signatures['serving_default']
  shape = signature.structured_input_signature[1]['images'].shape[1:]
  draw = np.random.default_rng(0)

  def run(images: np.ndarray) -> float:
    start = time.perf_counter()
    signature(images=tf.constant(images))['probabilities'].numpy()
    return time.perf_counter() - start

  to_first, measured = None, []
  for size in batch_sizes:
    images = draw.integers(0, 256, (size, *shape), np.uint8)
    run(images)
    to_first = to_first or seconds_since_start()
    for _ in range(_WARM_UP):
      run(images)
    measured.append(_of_batches(size, [run(images) for _ in range(batches)]))
  return {
    'tensorflow': tf.__version__,
    'seconds_to_first_batch': round(to_first, 2),
    'batches': measured,
    'graph_operations': _operations(signature.graph.as_graph_def()),
    'peak_rss_mib': round(peak_memory_mib()),
    **device_fields(),
  }


def _of_batches(size: int, seconds: list[float]) -> dict[str, float]:
  median = statistics.median(seconds)
  return {
    'batch_size': size,
    'seconds_per_batch_median': float(f'{median:.4g}'),
    'seconds_per_batch_min': float(f'{min(seconds):.4g}'),
    'images_per_second': float(f'{size / median:.4g}'),
  }


def _operations(graph: Any) -> int:
  """Returns the nodes of a graph and of the functions it comes with."""
  functions = graph.library.function
  return len(graph.node) + sum(len(f.node_def) for f in functions)


def main(unused_argv: list[str]) -> None:
  """Measures and prints."""
  print(
    json.dumps(
      measure_serving(
        flags.FLAGS['directory'].value,
        [int(size) for size in flags.FLAGS['batch_sizes'].value],
        flags.FLAGS['batches'].value,
      )
    )
  )


if __name__ == '__main__':
  flags.DEFINE_string('directory', None, 'Of a SavedModel.', required=True)
  flags.DEFINE_list('batch_sizes', ['1'], 'Images of a batch.')
  flags.DEFINE_integer('batches', 30, 'Batches that are timed.')
  app.run(main)
