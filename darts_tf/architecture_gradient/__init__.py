"""Estimates of the gradient of the validation loss by alpha."""

from darts_tf.architecture_gradient.estimators import (
  FirstOrder,
  OneLevel,
  SecondOrder,
  SecondOrderExact,
)
from darts_tf.architecture_gradient.implicit import (
  Amended,
  AmendedExact,
  CorrectedGradient,
  Implicit,
  ImplicitCG,
)
from darts_tf.architecture_gradient.problem import (
  ArchitectureGradient,
  BilevelProblem,
  Estimator,
  InnerStep,
  architecture_gradients,
)

__all__ = [
  'Amended',
  'AmendedExact',
  'ArchitectureGradient',
  'BilevelProblem',
  'CorrectedGradient',
  'Estimator',
  'FirstOrder',
  'Implicit',
  'ImplicitCG',
  'InnerStep',
  'OneLevel',
  'SecondOrder',
  'SecondOrderExact',
  'architecture_gradients',
]
