"""Variables to arrays and back, for checkpoints."""

from collections.abc import Iterable, Mapping

import numpy as np


def to_arrays(prefix: str, variables: Iterable) -> dict[str, np.ndarray]:
  """Copies variables into arrays named `prefix/position`."""
  return {f'{prefix}/{i:05d}': np.array(v.numpy())
          for i, v in enumerate(variables)}


def assign_arrays(
    prefix: str, variables: Iterable, arrays: Mapping[str, np.ndarray]
) -> None:
  """Assigns what `to_arrays` returned."""
  for i, variable in enumerate(variables):
    variable.assign(arrays[f'{prefix}/{i:05d}'])
