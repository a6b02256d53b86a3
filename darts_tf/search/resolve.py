"""The defaults of a search configuration, and its validation."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from darts_tf.config.errors import InputError
from darts_tf.discretize import rule_of
from darts_tf.distribution.strategy import check_devices
from darts_tf.methods import methods
from darts_tf.models.stem import check_stem
from darts_tf.search.composition import (
  Composition,
  axis_texts,
  compose,
  part_text,
)
from darts_tf.search.config import SearchConfig
from darts_tf.search.growing_batches import check_batches
from darts_tf.search_space.space import search_spaces


def resolve(config: SearchConfig) -> SearchConfig:
  """Fills in defaults and validates a configuration.

  Args:
    config: the options as given.

  Returns:
    A configuration in which everything that changes the result is set:
    options of the chosen parts, published defaults of the method, and values
    that depend on the search space.

  Raises:
    InputError: if a name is unknown, a number does not fit, or parts do not
      fit each other.
  """
  composition = compose(config)
  space = search_spaces[config.search_space]
  composition.check(space)
  measured = {}
  for rule in composition.stops:
    measured |= rule.measures
  config = _with_defaults(config, {**measured, **composition.method.defaults})
  check_devices(config)
  _check_remat(config, composition)
  rule = config.discretization or space.discretization
  if not config.discretization and composition.method.discretization:
    rule = part_text(composition.method.discretization)
  composition.selection.check(rule_of(space, rule), space, composition.form)
  check_stem(config.stem)
  portion = config.weight_portion
  if portion is None:
    portion = 0.5 if composition.gradient.uses_validation else 0.9
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
  channels = config.channels or space.default_channels
  composition.form.check_channels(channels)
  stages = composition.schedule.stages(config.epochs, config.grace_epochs)
  return config.replace(
    **axis_texts(composition),
    **composition.options(),
    batch_multiple=check_batches(config),
    epochs=stages[-1].end,
    discretization=rule,
    weight_portion=portion,
    cells=cells,
    channels=channels,
  )


def with_method_defaults(config: SearchConfig) -> SearchConfig:
  """Fills in the options that methods have published defaults for."""
  return _with_defaults(config, methods[config.method].defaults)


def _with_defaults(
  config: SearchConfig, defaults: Mapping[str, Any]
) -> SearchConfig:
  """Sets options that the user has not set, by defaults or by the base."""
  given = {}
  for field in dataclasses.fields(config):
    if getattr(config, field.name) is None:
      base = field.metadata.get('base')
      if (value := defaults.get(field.name, base)) is not None:
        given[field.name] = value
  return config.replace(**given)


def _check_remat(config: SearchConfig, composition: Composition) -> None:
  twice = composition.gradient.differentiates_twice
  if config.remat and (twice or config.eigenvalue_every):
    what = (
      'the largest eigenvalue'
      if config.eigenvalue_every
      else f'the gradient {composition.gradient.name!r}'
    )
    raise InputError(
      'A gradient that computes activations again cannot be differentiated'
      f' again, which {what} needs; expected --noremat.'
      ' Received: remat=True'
    )
