"""Estimates of the architecture gradient where a search stands."""

import dataclasses
import os
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from darts_tf.architecture_gradient import architecture_gradients
from darts_tf.config.errors import InputError, RunStateError
from darts_tf.config.parts import part_fields
from darts_tf.data import ImageData
from darts_tf.distribution.run_data import distribute, load_data
from darts_tf.distribution.strategy import make_strategy, seed_everything
from darts_tf.runs.checkpoint import CheckpointStore
from darts_tf.runs.workdir import WorkDir
from darts_tf.search.builder import build_search
from darts_tf.search.composition import compose
from darts_tf.search.config import SearchConfig
from darts_tf.search.record import SearchRecord
from darts_tf.search.resolve import resolve

FIRST_ORDER = 'first_order'
GRADIENT_OPTIONS = tuple(
  name for name, *_ in part_fields([architecture_gradients])
)


class RunGradients(NamedTuple):
  """Estimates of the gradient by the alphas of a search.

  Args:
    gradients: estimator to `(batches, entries)`.
    operations: the candidate operation of each entry.
  """

  gradients: dict[str, np.ndarray]
  operations: tuple[str, ...]


def gradients_of_run(
  workdir: str | os.PathLike,
  estimators: Mapping[str, Mapping[str, Any]],
  num_batches: int,
  data: ImageData | None = None,
  **where: Any,
) -> RunGradients:
  """Estimates the architecture gradient of a search in several ways.

  All estimates are taken at the weights, alphas, momentum and learning rate
  of the last checkpoint, on the batches that the search would see next, and
  move nothing.

  Args:
    workdir: directory of a search.
    estimators: name to `gradient` and its options, e.g. `{'gradient':
      'amended', 'eta': 0.2}`.
    num_batches: number of pairs of batches, 2 or more.
    data: the images; those of the search by default.
    **where: `data_dir` and `download`, if the images are to be loaded.

  Returns:
    The `RunGradients`, an entry a candidate; `first_order` is always among
    the estimators.

  Raises:
    InputError: if an option cannot be used.
    RunStateError: if there is no search, or it has no checkpoint yet.
  """
  if num_batches < 2:
    raise InputError(
      'Gradients are compared over several batches; expected at least 2.'
      f' Received: batches={num_batches}'
    )
  directory = WorkDir(workdir)
  # In full precision, with what can be differentiated twice, and on batches
  # of one size: estimators are compared, and weights are the same.
  config = _search_config(directory).replace(
    precision=None,
    remat=False,
    xla=False,
    max_batch_size=None,
    batch_multiple=None,
    **where,
  )
  if config.strategy == 'multi_worker':
    # One process computes the same gradients of the same batches.
    config = config.replace(strategy='default')
  configs = {
    name: _with_gradient(config, options)
    for name, options in {
      **estimators,
      FIRST_ORDER: {'gradient': FIRST_ORDER},
    }.items()
  }
  checkpoint = CheckpointStore(directory.checkpoints_path).latest()
  if checkpoint is None:
    raise RunStateError(
      'The search has no checkpoint yet; expected one that has finished an'
      f' epoch. Received: workdir={str(workdir)!r}'
    )
  seed_everything(config)
  strategy = make_strategy(config)
  data = data or load_data(config)
  # Whatever the search's own gradient is, both streams are needed.
  parts = build_search(configs[FIRST_ORDER], data, strategy)
  parts = SearchRecord(directory).restore(parts, checkpoint)
  start = (checkpoint.epoch + 1) * parts.steps_per_epoch
  pairs = list(
    zip(
      *(
        distribute(stream, parts.strategy, start, start + num_batches)
        for stream in (parts.weight_stream, parts.architecture_stream)
      )
    )
  )
  exists = parts.architecture.exists
  result = {}
  for name, each in configs.items():
    estimate = parts.step.gradient_function(compose(each).gradient)
    result[name] = np.stack(
      [
        np.concatenate(
          [
            gradient.numpy()[exists[parameter]]
            for parameter, gradient in estimate(*pair).items()
            if parameter.endswith('/alpha')
          ]
        )
        for pair in pairs
      ]
    ).astype(np.float64)
  operations = tuple(
    name
    for kind in parts.architecture.groups.values()
    for names in parts.space.candidates[kind]
    for name in names
  )
  return RunGradients(result, operations)


def _search_config(directory: WorkDir) -> SearchConfig:
  values = directory.read_config()
  unknown = set(values) - {f.name for f in dataclasses.fields(SearchConfig)}
  if unknown or 'search_space' not in values:
    raise RunStateError(
      'The work directory is not that of a search; expected one that'
      f' bin/search.py made. Received: workdir={str(directory.path)!r}'
    )
  return SearchConfig(**values)


def _with_gradient(
  config: SearchConfig, options: Mapping[str, Any]
) -> SearchConfig:
  for name, value in options.items():
    if name not in ('gradient', *GRADIENT_OPTIONS):
      raise InputError(
        'Only gradients and their options can differ; expected gradient or'
        f' one of {", ".join(GRADIENT_OPTIONS)}.'
        f' Received: {name}={value!r}'
      )
  if 'gradient' not in options:
    raise InputError(
      'An estimator without a gradient; expected gradient=NAME among its'
      f' options. Received: options={dict(options)!r}'
    )
  unset = dict.fromkeys(GRADIENT_OPTIONS)
  if compose(config).step.joint:
    unset['step'] = 'alternating'  # No step is made.
  return resolve(config.replace(**{**unset, **options}))
