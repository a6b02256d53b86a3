"""Checks of the numbers that estimators take."""

import math

from darts_tf.config.errors import InputError


def positive(name: str, value: float) -> None:
  """Raises `InputError` unless a number is finite and above 0."""
  if not (math.isfinite(value) and value > 0):
    raise InputError(
      f'The option {name} must be a finite number above 0.'
      f' Received: {name}={value!r}'
    )


def at_least(name: str, value: float, least: float) -> None:
  """Raises `InputError` unless a number is finite and not below another."""
  if not (math.isfinite(value) and value >= least):
    raise InputError(
      f'The option {name} must be a finite number of at least {least}.'
      f' Received: {name}={value!r}'
    )
