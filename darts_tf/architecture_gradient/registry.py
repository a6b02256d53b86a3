"""Estimators of the architecture gradient by name."""

from darts_tf.architecture_gradient.first_order import FirstOrder
from darts_tf.architecture_gradient.one_level import OneLevel
from darts_tf.architecture_gradient.problem import Estimator
from darts_tf.architecture_gradient.second_order import SecondOrder
from darts_tf.architecture_gradient.second_order_exact import SecondOrderExact
from darts_tf.registry import Registry

architecture_gradients: Registry[Estimator] = Registry('gradient')

for _estimator in (
    OneLevel(), FirstOrder(), SecondOrder(), SecondOrderExact()
):
  architecture_gradients.register(_estimator.name, _estimator)
