"""The speed and the memory of the inference of an exported network."""

import math
import pathlib
import tempfile
from collections.abc import Callable, Sequence
from typing import Any

from darts_tf.distribution.strategy import check_devices, seed_everything
from darts_tf.export.saved_model import export_network
from darts_tf.genotype import Genotype
from darts_tf.models.stem import check_stem
from darts_tf.speed.child import measure_in_process
from darts_tf.speed.random_images import random_images
from darts_tf.training.build import build_network
from darts_tf.training.config import TrainConfig


def measure_inference(
  config: TrainConfig,
  genotype: Genotype,
  image_shape: tuple[int, int, int] = (32, 32, 3),
  num_classes: int = 10,
  batches: int = 30,
  measure: Callable[[Sequence[str]], dict[str, Any]] = measure_in_process,
) -> dict[str, Any]:
  """Measures the network that a retraining would export.

  Its weights are those it begins with, which cost what trained ones do. It
  is exported as a SavedModel, and served by a process of its own: memory and
  start are those of serving, without the network that it was made from.

  Args:
    config: the retraining; the options of its network are used.
    genotype: the architecture.
    image_shape: `(height, width, channels)` of the images.
    num_classes: number of classes.
    batches: batches of one image, and of `config.batch_size`, that are timed.
    measure: runs Python with some arguments, and returns the JSON that is
      printed.

  Returns:
    The sizes of the network, and what
    `darts_tf.speed.serving.measure_serving` returns.
  """
  check_devices(config)
  check_stem(config.stem)
  seed_everything(config)
  info = random_images(image_shape, num_classes, num_classes).info
  network = build_network(config, genotype, info)
  with tempfile.TemporaryDirectory() as directory:
    path = pathlib.Path(directory) / 'saved_model'
    export_network(network, info, path)
    sizes = sorted({1, config.batch_size})
    served = measure(
      [
        '-m',
        'darts_tf.speed.serving',
        f'--directory={path}',
        f'--batch_sizes={",".join(map(str, sizes))}',
        f'--batches={batches}',
      ]
    )
  return {
    'phase': 'inference',
    'search_space': genotype.search_space,
    'channels': config.channels,
    'cells': config.cells,
    'image_shape': list(image_shape),
    'precision': network.dtype_policy.name,
    'parameters': sum(math.prod(v.shape) for v in network.trainable_variables),
    **served,
  }
