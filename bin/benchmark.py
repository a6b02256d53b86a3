"""Measures the step of a search: time, memory, size of its graph.

  python bin/benchmark.py --channels=16 --cells=8 --batch_size=64 \
      --gradient=first_order

prints one line of JSON. Images are random, of the size --image_size. All
flags of bin/search.py that change the step are understood.
"""

import json

from absl import flags

from darts_tf.config import app
from darts_tf.system import process

process.tune()

from darts_tf.config.errors import InputError  # noqa: E402
from darts_tf.config.options import config_from_flags, define_flags  # noqa: E402
from darts_tf.search.config import SearchConfig  # noqa: E402

_STEPS = flags.DEFINE_integer('steps', 5, 'Steps that are timed.')
_CHANNELS = flags.DEFINE_integer('image_channels', 3, 'Of the images.')
_CLASSES = flags.DEFINE_integer('num_classes', 10, 'Of the images.')
_IMAGE_SIZE = 32
# Files, data and the length of a search have no part in a step.
_SKIPPED = (
  'dataset',
  'data_dir',
  'download',
  'benchmark_table',
  'epochs',
  'steps_per_epoch',
  'steps_per_execution',
  'grace_epochs',
  'evaluate_every',
  'eigenvalue_every',
  'eigenvalue_method',
)
define_flags(SearchConfig, skip=_SKIPPED, defaults={'image_size': _IMAGE_SIZE})


def main(unused_argv: list[str]) -> None:
  """Measures and prints."""
  for flag in (_STEPS, _CHANNELS, _CLASSES):
    if flag.value < 1:
      raise InputError(
        f'Expected at least 1. Received: {flag.name}={flag.value}'
      )
  process.configure_tensorflow()
  from darts_tf.speed.search_speed import measure_search

  config = config_from_flags(SearchConfig, skip=_SKIPPED)
  size = config.image_size or _IMAGE_SIZE
  print(
    json.dumps(
      measure_search(
        config, (size, size, _CHANNELS.value), _CLASSES.value, _STEPS.value
      )
    )
  )


if __name__ == '__main__':
  app.run(main)
