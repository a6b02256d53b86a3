"""Measures a step of a search or a retraining, or inference.

  python bin/benchmark.py --channels=16 --cells=8 --batch_size=64 \
      --gradient=first_order

prints one line of JSON: time, memory, the size of the graph. Images are
random, of the size --image_size. All flags of bin/search.py that change the
step are understood.

  python bin/benchmark.py --channels=16 --cells=8 --batch_size=64 \
      --method=pc_darts --pairs=2

measures first-order DARTS of the same size and the method in turn, and adds
their ratios.

  python bin/benchmark.py --genotype=DARTS_V2 --channels=16 --cells=8 \
      --batch_size=64

measures a step of a retraining, in Keras' `fit`.

  python bin/benchmark.py --phase=inference --genotype=DARTS_V2 \
      --channels=16 --cells=8

exports the same network and measures how it is served: batches of one image
and of --batch_size, 64 by default.
"""

import dataclasses
import json
from collections.abc import Collection
from typing import Any

from absl import flags

from darts_tf.config import app
from darts_tf.system import process

process.tune()

from darts_tf.config.errors import InputError  # noqa: E402
from darts_tf.config.options import config_from_flags, define_flags  # noqa: E402
from darts_tf.search.config import AXES, PART_OPTIONS, SearchConfig  # noqa: E402
from darts_tf.speed.relative import measure_in_turn  # noqa: E402

_PHASE = flags.DEFINE_enum(
  'phase',
  'training',
  ['training', 'inference'],
  'What is measured: a step of training, or inference as exported.',
)
_STEPS = flags.DEFINE_integer(
  'steps',
  None,
  'Steps or batches that are timed; by default 5 steps of training, 30'
  ' batches of inference.',
)
_PAIRS = flags.DEFINE_integer(
  'pairs',
  0,
  'How often first-order DARTS of the same size is measured, and this after'
  ' it; 0 to measure this only.',
)
_GENOTYPE = flags.DEFINE_string(
  'genotype',
  None,
  'Name or file of a genotype whose retraining or inference is measured, not'
  ' a search.',
)
_CHANNELS = flags.DEFINE_integer('image_channels', 3, 'Of the images.')
_CLASSES = flags.DEFINE_integer('num_classes', 10, 'Of the images.')
_IMAGE_SIZE = 32
_TRAINING_STEPS = 5
_INFERENCE_BATCHES = 30
_INFERENCE_BATCH_SIZE = 64
# What else a retraining has is not in the network that is served.
_OF_INFERENCE = (
  'channels',
  'cells',
  'stem',
  'batch_size',
  'image_size',
  'precision',
  'seed',
)
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
_OF_SEARCHES = {f.name for f in dataclasses.fields(SearchConfig)}
define_flags(SearchConfig, skip=_SKIPPED, defaults={'image_size': _IMAGE_SIZE})


def main(unused_argv: list[str]) -> None:
  """Measures and prints."""
  _check_flags()
  if _PAIRS.value:
    print(json.dumps(_relative()))
    return
  process.configure_tensorflow()
  search = config_from_flags(SearchConfig, skip=_SKIPPED)
  size = search.image_size or _IMAGE_SIZE
  of_images = (size, size, _CHANNELS.value), _CLASSES.value
  if _PHASE.value == 'inference':
    result = _inference(search, *of_images)
  elif _GENOTYPE.value:
    result = _retraining(search, *of_images)
  else:
    from darts_tf.speed.search_speed import measure_search

    result = measure_search(search, *of_images, _STEPS.value or _TRAINING_STEPS)
  print(json.dumps(result))


def _check_flags() -> None:
  """Raises `InputError` for flags that do not fit each other."""
  for flag, least in ((_STEPS, 1), (_CHANNELS, 1), (_CLASSES, 1), (_PAIRS, 0)):
    if flag.value is not None and flag.value < least:
      raise InputError(
        f'Expected at least {least}. Received: {flag.name}={flag.value}'
      )
  if _PHASE.value == 'inference' and not _GENOTYPE.value:
    raise InputError(
      'Only the network of a genotype is exported and served; expected a'
      f' genotype, too. Received: phase={_PHASE.value!r}'
    )
  if _PAIRS.value and _GENOTYPE.value:
    raise InputError(
      'Pairs compare searches; expected pairs or genotype, not both.'
      f' Received: pairs={_PAIRS.value}, genotype={_GENOTYPE.value!r}'
    )


def _retraining(search: SearchConfig, *of_images: Any) -> dict[str, Any]:
  """Measures a retraining with the options that it shares with a search."""
  from darts_tf.genotype import load_genotype
  from darts_tf.speed.training_speed import measure_training
  from darts_tf.training.config import TrainConfig

  known = {field.name for field in dataclasses.fields(TrainConfig)}
  given = _given(
    search,
    known,
    'An option of searches in the benchmark of a retraining; expected options'
    ' of both.',
  )
  return measure_training(
    TrainConfig(**given),
    load_genotype(_GENOTYPE.value),
    *of_images,
    _STEPS.value or _TRAINING_STEPS,
  )


def _inference(search: SearchConfig, *of_images: Any) -> dict[str, Any]:
  """Measures the network that a retraining would export."""
  from darts_tf.genotype import load_genotype
  from darts_tf.speed.inference_speed import measure_inference
  from darts_tf.training.config import TrainConfig

  given = _given(
    search,
    _OF_INFERENCE,
    'An option without effect on inference; expected some of'
    f' {", ".join(_OF_INFERENCE)}.',
  )
  return measure_inference(
    TrainConfig(**{'batch_size': _INFERENCE_BATCH_SIZE, **given}),
    load_genotype(_GENOTYPE.value),
    *of_images,
    _STEPS.value or _INFERENCE_BATCHES,
  )


def _given(
  search: SearchConfig, known: Collection[str], refusal: str
) -> dict[str, Any]:
  """Returns the options that were given; refuses those that are not known."""
  given = {}
  for module_flags in flags.FLAGS.flags_by_module_dict().values():
    for flag in module_flags:
      if flag.using_default_value or flag.name not in _OF_SEARCHES:
        continue
      if flag.name not in known:
        raise InputError(f'{refusal} Received: {flag.name}={flag.value!r}')
      given[flag.name] = getattr(search, flag.name)
  return given


def _relative() -> dict[str, Any]:
  """Measures both in processes of their own, where memory is their own."""
  of_method = {'method', 'discretization', *AXES, *PART_OPTIONS}
  given, size = [], []
  for module_flags in flags.FLAGS.flags_by_module_dict().values():
    for flag in module_flags:
      if flag.using_default_value or flag.name == _PAIRS.name:
        continue
      given.append(flag.serialize())
      if flag.name not in of_method:
        size.append(flag.serialize())
  plain = [*size, '--method=darts', '--gradient=first_order']
  return measure_in_turn([__file__, *given], [__file__, *plain], _PAIRS.value)


if __name__ == '__main__':
  app.run(main)
