"""Candidate operations by name.

An operation is looked up here by its published name and built as a Keras
layer only when a model needs it, so that genotypes can be read and checked
without TensorFlow.
"""

import dataclasses
from collections.abc import Callable
from typing import Any

from darts_tf.config.registry import Registry
from darts_tf.search_space.parameterized import Convolution, Pooling, parse


@dataclasses.dataclass(frozen=True)
class OperationSpec:
  """How a candidate operation is built.

  Args:
    build: for `fused=False`, `build(channels, stride) -> layer`, a Keras
      layer from `(batch, height, width, channels)` to
      `(batch, ceil(height / stride), ceil(width / stride), channels)`.
      For `fused=True`, `build(channels, stride, style, copies, activate)`
      -> a `darts_tf.layers.Operation`, which serves several edges at once.
    fused: which of the two forms `build` has.
  """

  build: Callable[..., Any]
  fused: bool = False


class Operations(Registry[OperationSpec]):
  """Operations by name: the registered ones, and all parameterized ones."""

  def __getitem__(self, name: str) -> OperationSpec:
    if not super().__contains__(name) and (operation := parse(name)):
      return OperationSpec(_parameterized(operation), fused=True)
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


def _layer(class_name: str, **options: object) -> Callable[..., Any]:
  """Defers the import of a layer class to the moment it is built."""

  def build(channels, stride, style, copies=1, activate=True):
    from darts_tf import layers

    return getattr(layers, class_name)(
      channels=channels,
      stride=stride,
      style=style,
      copies=copies,
      activate=activate,
      **options,
    )

  return build


def _parameterized(operation: Convolution | Pooling) -> Callable[..., Any]:
  """How an operation that is described by numbers is built."""
  if isinstance(operation, Convolution):
    return _layer(
      'SeparableConv',
      kernel_size=operation.kernel,
      dilation=operation.dilation,
      widths=operation.widths,
    )
  kinds = {'max': 'MaxPool', 'avg': 'AveragePool'}
  return _layer(kinds[operation.kind], kernel_size=operation.kernel)


register_operation('none', _layer('Zero'), fused=True)
register_operation('skip_connect', _layer('skip_connect'), fused=True)
register_operation('max_pool_3x3', _layer('MaxPool'), fused=True)
register_operation('avg_pool_3x3', _layer('AveragePool'), fused=True)
for _k in (3, 5, 7):
  register_operation(
    f'sep_conv_{_k}x{_k}',
    _layer('SeparableConv', kernel_size=_k, widths=(1,)),
    fused=True,
  )
for _k in (3, 5):
  register_operation(
    f'dil_conv_{_k}x{_k}',
    _layer('SeparableConv', kernel_size=_k, dilation=2),
    fused=True,
  )
for _k in (1, 3):
  register_operation(
    f'nor_conv_{_k}x{_k}', _layer('ReLUConvBN', kernel_size=_k), fused=True
  )
register_operation('conv_7x1_1x7', _layer('FactorizedConv'), fused=True)
register_operation('noise', _layer('Noise'), fused=True)
