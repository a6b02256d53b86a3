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
from darts_tf.errors import InputError
from darts_tf.registry import Registry

architecture_gradients: Registry[Estimator] = Registry('gradient')

for _estimator in (
    OneLevel(), FirstOrder(), SecondOrder(), SecondOrderExact(), Amended(),
    AmendedExact(), Implicit(), ImplicitCG(),
):
  architecture_gradients.register(_estimator.name, _estimator)


def estimator_options(estimator: Estimator) -> dict[str, Any]:
  """The options of an estimator, by name."""
  if not dataclasses.is_dataclass(estimator):
    return {}
  return {field.name: getattr(estimator, field.name)
          for field in dataclasses.fields(estimator)}


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
  estimator = architecture_gradients[name]
  given = {key: value for key, value in options.items() if value is not None}
  for key, value in given.items():
    if key not in estimator_options(estimator):
      owners = [other for other in architecture_gradients
                if key in estimator_options(architecture_gradients[other])]
      raise InputError(
          f'The option {key} does not belong to gradient {name!r}; expected'
          f' it with {", ".join(owners) or "no gradient"}.'
          f' Received: {key}={value!r}, gradient={name!r}')
  return dataclasses.replace(estimator, **given) if given else estimator
