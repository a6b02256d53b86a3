"""Estimators of the architecture gradient by name."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from darts_tf.architecture_gradient.amended import Amended
from darts_tf.architecture_gradient.amended_exact import AmendedExact
from darts_tf.architecture_gradient.first_order import FirstOrder
from darts_tf.architecture_gradient.implicit import Implicit
from darts_tf.architecture_gradient.implicit_cg import ImplicitCG
from darts_tf.architecture_gradient.one_level import OneLevel
from darts_tf.architecture_gradient.problem import Estimator
from darts_tf.architecture_gradient.second_order import SecondOrder
from darts_tf.architecture_gradient.second_order_exact import SecondOrderExact
from darts_tf.config.registry import Registry, given_options

architecture_gradients: Registry[Estimator] = Registry('gradient')

for _estimator in (
  OneLevel(),
  FirstOrder(),
  SecondOrder(),
  SecondOrderExact(),
  Amended(),
  AmendedExact(),
  Implicit(),
  ImplicitCG(),
):
  architecture_gradients.register(_estimator.name, _estimator)


def estimator_options(estimator: Estimator) -> dict[str, Any]:
  """The options of an estimator, by name."""
  if not dataclasses.is_dataclass(estimator):
    return {}
  return {
    field.name: getattr(estimator, field.name)
    for field in dataclasses.fields(estimator)
  }


def make_estimator(name: str, options: Mapping[str, Any]) -> Estimator:
  """Returns a registered estimator with some of its options changed.

  Args:
    name: its name in `architecture_gradients`.
    options: option to value; `None` leaves the estimator's own.

  Returns:
    The estimator.

  Raises:
    InputError: if the name is unknown, the estimator has no such option,
      or a value cannot be used.
  """
  given = given_options(
    architecture_gradients, name, options, estimator_options
  )
  estimator = architecture_gradients[name]
  return dataclasses.replace(estimator, **given) if given else estimator
