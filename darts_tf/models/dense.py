"""Dense layers with the published initial distribution."""

import keras

from darts_tf.layers.initializers import uniform_fan_in


def dense(
  units: int,
  fan_in: int,
  activation: str | None = None,
  dtype=None,
  name: str | None = None,
) -> keras.layers.Dense:
  """A dense layer whose kernel and bias start as in PyTorch.

  Args:
    units: number of outputs.
    fan_in: number of inputs.
    activation: Keras activation.
    dtype: Keras dtype policy.
    name: name of the layer.

  Returns:
    The layer, built.
  """
  layer = keras.layers.Dense(
    units,
    activation=activation,
    dtype=dtype,
    name=name,
    kernel_initializer=uniform_fan_in(fan_in),
    bias_initializer=uniform_fan_in(fan_in),
  )
  layer.build((None, fan_in))
  return layer
