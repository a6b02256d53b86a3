"""From the options that were given to all of them, checked."""

from typing import Any

import tensorflow as tf

from darts_tf.architecture_gradient import (
  Estimator,
  estimator_options,
  make_estimator,
)
from darts_tf.config.errors import InputError
from darts_tf.config.registry import given_options
from darts_tf.discretize import discretizations
from darts_tf.distribution.strategy import check_devices
from darts_tf.methods import methods
from darts_tf.models.stem import check_stem
from darts_tf.relaxation import relaxations
from darts_tf.schedule import Schedule, schedules
from darts_tf.search.config import (
  GRADIENT_OPTIONS,
  RELAXATION_OPTIONS,
  SCHEDULE_OPTIONS,
  SearchConfig,
)
from darts_tf.search_space.space import search_spaces

_BATCH_MULTIPLE = 8


def estimator_of(config: SearchConfig) -> Estimator:
  """The estimator that a configuration names, with its options."""
  return make_estimator(
    config.gradient, {name: getattr(config, name) for name in GRADIENT_OPTIONS}
  )


def relaxation_options(config: SearchConfig) -> dict[str, Any]:
  """The options of the relaxation that a method uses, all of them."""
  return _method_options(
    config,
    RELAXATION_OPTIONS,
    lambda method: relaxations[method.relaxation].options,
  )


def _schedule_options(config: SearchConfig) -> dict:
  return _method_options(
    config, SCHEDULE_OPTIONS, lambda method: schedules[method.schedule].options
  )


def _method_options(config: SearchConfig, names, options_of) -> dict:
  # Users name methods, not relaxations and schedules.
  given = given_options(
    methods,
    config.method,
    {name: getattr(config, name) for name in names},
    options_of,
  )
  return {**options_of(methods[config.method]), **given}


def _check_batches(config: SearchConfig) -> int | None:
  """Returns of what growing batches are multiples; `None` if none grow."""
  if config.max_batch_size is None:
    if config.batch_multiple is not None:
      raise InputError(
        'Batches do not grow; expected batch_multiple with max_batch_size.'
        f' Received: batch_multiple={config.batch_multiple}'
      )
    if config.memory_budget and tf.config.list_physical_devices('GPU'):
      raise InputError(
        'The memory of batches that do not grow is estimated on CPUs only;'
        ' expected memory_budget with max_batch_size.'
        f' Received: memory_budget={config.memory_budget:g}'
      )
    return None
  multiple = config.batch_multiple or _BATCH_MULTIPLE
  if (
    config.batch_size % multiple
    or config.max_batch_size % multiple
    or (config.max_batch_size < config.batch_size)
  ):
    raise InputError(
      'Batches grow by multiples; expected batch_size, and a'
      f' max_batch_size that is not smaller, to be multiples of {multiple}.'
      f' Received: batch_size={config.batch_size},'
      f' max_batch_size={config.max_batch_size}'
    )
  for name, only in (
    ('strategy', 'default'),
    ('steps_per_execution', 1),
    ('xla', False),
  ):
    if getattr(config, name) != only:
      raise InputError(
        'Batches that grow are of one device, step by step, and not'
        f' compiled for one size; expected {name}={only}. Received:'
        f' {name}={getattr(config, name)!r},'
        f' max_batch_size={config.max_batch_size}'
      )
  return multiple


def schedule_of(config: SearchConfig) -> Schedule:
  """The schedule that a configuration names, with its options."""
  return schedules[methods[config.method].schedule](
    config.epochs, config.grace_epochs, **_schedule_options(config)
  )


def resolve(config: SearchConfig) -> SearchConfig:
  """Fills in what depends on the method and the search space.

  Args:
    config: the options as given.

  Returns:
    A configuration without `None` for gradient, its options and those of
    the relaxation and the schedule, discretization, epochs, channels, cells,
    scale of alphas and weight portion.

  Raises:
    InputError: if a name is unknown or a number does not fit.
  """
  method = methods[config.method]
  space = search_spaces[config.search_space]
  config = config.replace(gradient=config.gradient or method.gradient)
  estimator = estimator_of(config)
  check_devices(config)
  if config.remat and (
    estimator.differentiates_twice or config.eigenvalue_every
  ):
    what = (
      'the largest eigenvalue'
      if config.eigenvalue_every
      else f'the gradient {config.gradient!r}'
    )
    raise InputError(
      'A gradient that computes activations again cannot be differentiated'
      f' again, which {what} needs; expected --noremat.'
      ' Received: remat=True'
    )
  rule = config.discretization or method.discretization or space.discretization
  discretizations[rule]  # Raises if unknown.
  check_stem(config.stem)
  portion = config.weight_portion
  if portion is None:
    portion = 0.5 if estimator.uses_validation else 0.9
  if not 0 < portion < 1:
    raise InputError(
      'The share of the weights lies between 0 and 1; expected, say, 0.5.'
      f' Received: weight_portion={portion}'
    )
  cells = config.cells or space.default_cells
  missing = set(space.candidates) - set(space.groups(cells).values())
  if missing:
    raise InputError(
      f'A supernet this shallow has no {" and no ".join(sorted(missing))}'
      ' cell to search; expected more cells, at least 3.'
      f' Received: cells={cells}'
    )
  options = estimator_options(estimator)
  config = config.replace(
    **{name: options[name] for name in GRADIENT_OPTIONS if name in options}
  )
  schedule = schedule_of(config)
  schedule.check(space)
  config = config.replace(
    batch_multiple=_check_batches(config),
    alpha_scale=(
      method.alpha_scale if config.alpha_scale is None else config.alpha_scale
    ),
    **relaxation_options(config),
    **_schedule_options(config),
  )
  return config.replace(
    epochs=schedule.epochs,
    discretization=rule,
    weight_portion=portion,
    cells=cells,
    channels=config.channels or space.default_channels,
  )
