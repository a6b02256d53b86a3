"""Morphisms of depth and width."""

import numpy as np

from darts_tf.genotype.parameterized import Convolution
from darts_tf.morphism.morphism import Morphism, Weights, morphisms


def _append(
  convolution: Convolution, weights: Weights, draw
) -> dict[str, np.ndarray]:
  """A unit at the end that passes on what the one before gives.

  Up to its ReLU and its normalization, which has no learned values with
  which to undo itself in the styles of most search spaces.
  """
  del draw
  unit = len(convolution.widths) + 1
  kernel, matrix = weights['depthwise_0'], weights[f'pointwise_{unit - 1}']
  channels = matrix.shape[-1]
  identity = np.zeros((*kernel.shape[:2], channels, 1), kernel.dtype)
  identity[kernel.shape[0] // 2, kernel.shape[1] // 2] = 1
  return {
    **weights,
    f'depthwise_{unit}': identity,
    f'pointwise_{unit}': np.eye(channels, dtype=matrix.dtype)[None, None],
    **{
      name.replace(f'norm_{unit - 1}', f'norm_{unit}'): _fresh(
        name, np.empty_like(array)
      )
      for name, array in weights.items()
      if name.startswith(f'norm_{unit - 1}.')
    },
  }


def _narrowest(convolution: Convolution) -> int:
  """Position of the smallest width; the first of equals."""
  return convolution.widths.index(min(convolution.widths))


def _wider(convolution: Convolution) -> Convolution | None:
  if not convolution.widths:
    return None
  place, widths = _narrowest(convolution), list(convolution.widths)
  widths[place] += 1
  return convolution.replace(widths=tuple(widths))


def _widen(
  convolution: Convolution, weights: Weights, draw: np.random.Generator
) -> dict[str, np.ndarray]:
  """New channels between two units, which nothing reads yet.

  They are made by new, random rows and columns; what leads on from them is
  zero, so the output stays what it was and they can learn.
  """
  unit = _narrowest(convolution)
  before, kernel = weights[f'pointwise_{unit}'], weights['depthwise_0']
  after = weights[f'pointwise_{unit + 1}']
  # As many as the input of the operation has.
  channels = weights['depthwise_0'].shape[2]
  fan_in = lambda shape, n: draw.uniform(-1, 1, shape) / np.sqrt(n)
  join = lambda old, new, axis: np.concatenate(
    [old, np.asarray(new, old.dtype)], axis
  )
  size = kernel.shape[0]
  result = dict(weights)
  result[f'pointwise_{unit}'] = join(
    before, fan_in((1, 1, before.shape[2], channels), before.shape[2]), 3
  )
  result[f'depthwise_{unit + 1}'] = join(
    weights[f'depthwise_{unit + 1}'],
    fan_in((size, size, channels, 1), size * size),
    2,
  )
  result[f'pointwise_{unit + 1}'] = join(
    after, np.zeros((1, 1, channels, after.shape[3])), 2
  )
  for name, array in weights.items():
    if name.startswith(f'norm_{unit}.'):
      result[name] = join(
        array, _fresh(name, np.empty(channels, array.dtype)), 0
      )
  return result


def _fresh(name: str, array: np.ndarray) -> np.ndarray:
  """First values of a normalization's variables."""
  ones = name.endswith(('.gamma', '.moving_variance'))
  return np.full_like(array, 1 if ones else 0)


INSERTED_UNIT = morphisms.register(
  'inserted_unit',
  Morphism(
    'inserted_unit',
    lambda c: c.replace(widths=(*c.widths, 1)),
    _append,
    preserves=False,
  ),
)
WIDER_EXPANSION = morphisms.register(
  'wider_expansion', Morphism('wider_expansion', _wider, _widen, preserves=True)
)
