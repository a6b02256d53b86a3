"""Variables to arrays and back, for checkpoints."""

from collections.abc import Iterable, Mapping

import numpy as np

from darts_tf.config.errors import DivergedError


def to_arrays(prefix: str, variables: Iterable) -> dict[str, np.ndarray]:
  """Copies variables into arrays named `prefix/position`."""
  return {
    f'{prefix}/{i:05d}': np.array(v.numpy()) for i, v in enumerate(variables)
  }


def assign_arrays(
  prefix: str, variables: Iterable, arrays: Mapping[str, np.ndarray]
) -> None:
  """Assigns what `to_arrays` returned."""
  for i, variable in enumerate(variables):
    variable.assign(arrays[f'{prefix}/{i:05d}'])


def check_finite(arrays: Mapping[str, np.ndarray], received: str) -> None:
  """Refuses to go on with a state that is spoilt, before it is saved.

  Args:
    arrays: name to array.
    received: what the user can change, as `name=value`.

  Raises:
    DivergedError: if a number is NaN or infinite.
  """
  for array in arrays.values():
    if array.dtype.kind == 'f' and not np.isfinite(array).all():
      raise not_finite('weights are', received)


def not_finite(what: str, received: str) -> DivergedError:
  """Returns the error for a run that has diverged."""
  return DivergedError(
    f'The {what} no longer a finite number; the last good checkpoint is'
    ' kept. Try a smaller learning_rate or clip_norm in another --workdir.'
    f' Received: {received}'
  )
