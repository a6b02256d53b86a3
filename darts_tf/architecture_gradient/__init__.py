"""How the gradient of the validation loss by alpha is estimated."""

from darts_tf.architecture_gradient.amended import Amended
from darts_tf.architecture_gradient.amended_exact import AmendedExact
from darts_tf.architecture_gradient.first_order import FirstOrder
from darts_tf.architecture_gradient.implicit import Implicit
from darts_tf.architecture_gradient.implicit_cg import ImplicitCG
from darts_tf.architecture_gradient.one_level import OneLevel
from darts_tf.architecture_gradient.problem import (
  ArchitectureGradient,
  BilevelProblem,
  Estimator,
  InnerStep,
)
from darts_tf.architecture_gradient.registry import (
  architecture_gradients,
  estimator_options,
  make_estimator,
)
from darts_tf.architecture_gradient.second_order import SecondOrder
from darts_tf.architecture_gradient.second_order_exact import SecondOrderExact

__all__ = [
  'Amended',
  'AmendedExact',
  'ArchitectureGradient',
  'BilevelProblem',
  'Estimator',
  'FirstOrder',
  'Implicit',
  'ImplicitCG',
  'InnerStep',
  'OneLevel',
  'SecondOrder',
  'SecondOrderExact',
  'architecture_gradients',
  'estimator_options',
  'make_estimator',
]
