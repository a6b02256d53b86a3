"""How the gradient of the validation loss by alpha is estimated."""

from darts_tf.architecture_gradient.first_order import FirstOrder
from darts_tf.architecture_gradient.one_level import OneLevel
from darts_tf.architecture_gradient.problem import (
    ArchitectureGradient,
    BilevelProblem,
    Estimator,
    InnerStep,
)
from darts_tf.architecture_gradient.registry import architecture_gradients
from darts_tf.architecture_gradient.second_order import SecondOrder
from darts_tf.architecture_gradient.second_order_exact import SecondOrderExact

__all__ = [
    'ArchitectureGradient', 'BilevelProblem', 'Estimator', 'FirstOrder',
    'InnerStep', 'OneLevel', 'SecondOrder', 'SecondOrderExact',
    'architecture_gradients',
]
