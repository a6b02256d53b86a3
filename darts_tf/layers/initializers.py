"""The initial distribution of the published implementation's weights."""

import keras


def uniform_fan_in(fan_in: int) -> keras.initializers.Initializer:
  r"""Kaiming-uniform with slope sqrt(5): `U(-1/sqrt(fan_in), 1/sqrt(fan_in))`.

  The fan is given, because the weights of several edges are stored in one
  array, from whose shape it cannot be read.

  Args:
    fan_in: number of inputs of one output unit.

  Returns:
    A Keras initializer.
  """
  limit = fan_in**-0.5
  return keras.initializers.RandomUniform(-limit, limit)
