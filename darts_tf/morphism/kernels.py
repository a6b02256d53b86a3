"""Morphisms of kernel size and dilation."""

import numpy as np

from darts_tf.genotype.parameterized import Convolution
from darts_tf.morphism.morphism import Morphism, Weights, morphisms


def _changed_kernels(weights: Weights, change) -> dict[str, np.ndarray]:
  return {
    name: change(array) if name.startswith('depthwise') else array
    for name, array in weights.items()
  }


def _wider(convolution: Convolution, weights: Weights, draw):
  """Zeros around all kernels: the output stays what it was."""
  del convolution, draw
  around = ((1, 1), (1, 1), (0, 0), (0, 0))
  return _changed_kernels(weights, lambda kernel: np.pad(kernel, around))


def _narrower(convolution: Convolution, weights: Weights, draw):
  """The centre of all kernels."""
  del convolution, draw
  return _changed_kernels(weights, lambda kernel: kernel[1:-1, 1:-1])


def _unchanged(convolution: Convolution, weights: Weights, draw):
  del convolution, draw
  return dict(weights)


LARGER_KERNEL = morphisms.register(
  'larger_kernel',
  Morphism(
    'larger_kernel',
    lambda c: c.replace(kernel=c.kernel + 2),
    _wider,
    preserves=True,
  ),
)
SMALLER_KERNEL = morphisms.register(
  'smaller_kernel',
  Morphism(
    'smaller_kernel',
    lambda c: c.replace(kernel=c.kernel - 2) if c.kernel > 1 else None,
    _narrower,
    preserves=False,
  ),
)
LARGER_DILATION = morphisms.register(
  'larger_dilation',
  Morphism(
    'larger_dilation',
    lambda c: c.replace(dilation=c.dilation + 1),
    _unchanged,
    preserves=False,
  ),
)
SMALLER_DILATION = morphisms.register(
  'smaller_dilation',
  Morphism(
    'smaller_dilation',
    lambda c: c.replace(dilation=c.dilation - 1) if c.dilation > 1 else None,
    _unchanged,
    preserves=False,
  ),
)
