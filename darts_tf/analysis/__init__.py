"""The cost of a network and the state of a search."""

from darts_tf.analysis.alpha_hessian import (
  EIGENVALUE_METHODS,
  AlphaHessian,
  alpha_hessian,
  dominant_eigenvalue,
  hessian_vector_product,
)
from darts_tf.analysis.cost import describe_network, multiply_adds, parameters

__all__ = [
  'EIGENVALUE_METHODS',
  'AlphaHessian',
  'alpha_hessian',
  'describe_network',
  'dominant_eigenvalue',
  'hessian_vector_product',
  'multiply_adds',
  'parameters',
]
