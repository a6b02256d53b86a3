"""Half precision: its types, the devices that run them, safe gradients."""

import tensorflow as tf

from darts_tf.config.errors import InputError
from darts_tf.graph.custom_gradient import custom_gradient

# Gradients smaller than 6e-8 vanish in float16, and those above 65504 are
# infinite; of a mean loss they are far nearer to the lower end.
FLOAT16_LOSS_SCALE = 1024.0

# NVIDIA's number of the first devices that compute in a type.
_CAPABILITIES = {'mixed_bfloat16': (8, 0), 'mixed_float16': (5, 3)}


def check_precision(precision: str | None) -> None:
  """Raises `InputError` if a GPU of this machine lacks a precision.

  CPUs compute in all of them, if need be through float32.

  Args:
    precision: see `RunConfig`.
  """
  least = _CAPABILITIES.get(precision)
  if least is None:
    return
  for device in tf.config.list_physical_devices('GPU'):
    details = tf.config.experimental.get_device_details(device)
    capability = details.get('compute_capability')
    if capability is not None and tuple(capability) < least:
      raise InputError(
        f'{details.get("device_name", device.name)} does not compute in'
        f' {precision.removeprefix("mixed_")}; expected a GPU of compute'
        f' capability {least[0]}.{least[1]} or --precision=float32.'
        f' Received: precision={precision!r}'
      )


def is_half(precision: str | None) -> bool:
  """Returns whether layers compute in 16 bits."""
  return precision in _CAPABILITIES


def loss_scale(precision: str | None) -> float:
  """Returns the factor of gradients on their way through the layers."""
  return FLOAT16_LOSS_SCALE if precision == 'mixed_float16' else 1.0


def scale_gradient(x: tf.Tensor, factor: float) -> tf.Tensor:
  """Returns a tensor; gradients that pass it are multiplied by a factor.

  Layers that compute in float16 stand between the loss, which takes `factor`,
  and the weights, which take its inverse. First derivatives then keep their
  values, but are larger inside the layers. Second derivatives do not: each
  differentiation meets the factors once more.

  Args:
    x: a tensor.
    factor: the factor; 1 changes nothing.
  """
  if factor == 1:
    return x

  @custom_gradient
  def identity(x):
    return tf.identity(
      x
    ), lambda upstream: upstream * tf.cast(factor, upstream.dtype)

  return identity(x)
