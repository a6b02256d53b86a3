"""Candidate operations by name.

This module knows only the names of the package's own operations, and
`darts_tf.layers` their layers. So genotypes can be checked without TensorFlow.
"""

import dataclasses
from collections.abc import Callable
from typing import Any

from darts_tf.config.registry import Registry
from darts_tf.genotype.parameterized import parse


@dataclasses.dataclass(frozen=True)
class OperationSpec:
  """The builder of a candidate operation.

  Args:
    build: for `fused=False`, `build(channels, stride) -> layer`, a Keras
      layer from `(batch, height, width, channels)` to
      `(batch, ceil(height / stride), ceil(width / stride), channels)`.
      For `fused=True`, `build(channels, stride, style, copies, activate)`
      -> a `darts_tf.layers.Operation`, which serves several edges at once.
      `None` for an operation whose layer is the package's own.
    fused: which of the two forms `build` has.
  """

  build: Callable[..., Any] | None = None
  fused: bool = False


class Operations(Registry[OperationSpec]):
  """Operations by name: the registered ones, and all parameterized ones."""

  def __getitem__(self, name: str) -> OperationSpec:
    if not super().__contains__(name) and parse(name):
      return OperationSpec()
    return super().__getitem__(name)

  def __contains__(self, name: object) -> bool:
    return super().__contains__(name) or (
      isinstance(name, str) and parse(name) is not None
    )


operations = Operations('operation')


def register_operation(
  name: str, build: Callable[..., Any], fused: bool = False
) -> None:
  """Makes a candidate operation known by its name.

  Args:
    name: name in genotypes and in `SearchSpace.candidates`.
    build: `build(channels, stride) -> keras.layers.Layer`; see
      `OperationSpec` for the form that serves several edges at once.
    fused: whether `build` has that second form.
  """
  operations.register(name, OperationSpec(build, fused))


# The layers are known to `darts_tf.layers.own_operations`.
for _name in (
  'none',
  'skip_connect',
  'max_pool_3x3',
  'avg_pool_3x3',
  'sep_conv_3x3',
  'sep_conv_5x5',
  'sep_conv_7x7',
  'dil_conv_3x3',
  'dil_conv_5x5',
  'nor_conv_1x1',
  'nor_conv_3x3',
  'conv_7x1_1x7',
  'noise',
):
  operations.register(_name, OperationSpec())
