"""Network morphisms of separable convolutions."""

# The morphisms register themselves, in the order in which they are tried.
from darts_tf.morphism.growth import Growth
from darts_tf.morphism.kernels import (
  LARGER_DILATION,
  LARGER_KERNEL,
  SMALLER_DILATION,
  SMALLER_KERNEL,
)
from darts_tf.morphism.morphism import Morphism, children, closure, morphisms
from darts_tf.morphism.units import INSERTED_UNIT, WIDER_EXPANSION

__all__ = [
  'INSERTED_UNIT',
  'LARGER_DILATION',
  'LARGER_KERNEL',
  'SMALLER_DILATION',
  'SMALLER_KERNEL',
  'WIDER_EXPANSION',
  'Growth',
  'Morphism',
  'children',
  'closure',
  'morphisms',
]
