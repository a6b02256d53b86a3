"""Checks of optimizer arguments."""

import math

from darts_tf.config.errors import InputError


def in_range(
  name: str,
  value: float,
  least: float = 0.0,
  below: float = math.inf,
  strict: bool = False,
) -> float:
  """Returns the value as a float if least <= value < below.

  Args:
    name: the argument's name, for the message.
    value: the argument.
    least: the lower bound.
    below: the upper bound, itself excluded.
    strict: whether the lower bound itself is excluded too.

  Returns:
    The value.

  Raises:
    InputError: if it is no number in the range.
  """
  number = isinstance(value, int | float) and not isinstance(value, bool)
  if number and least <= value < below and not (strict and value == least):
    return float(value)
  bound = f'{"above" if strict else "of at least"} {least:g}'
  if below < math.inf:
    bound += f' and below {below:g}'
  raise InputError(
    f'Not a usable {name}; expected a number {bound}.'
    f' Received: {name}={value!r}'
  )
