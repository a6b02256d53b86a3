"""Names and layouts of weights in the published PyTorch code.

quark0/darts calls the convolution of cell 2's first input
`cells.2.preprocess0.op.1.weight`. This module pairs each such name with the
view of the same weight here. Supernets of NAS-Bench-201 have the names of
D-X-Y/AutoDL-Projects, where `cells.2.edges.3<-1.2.op.1.weight` is candidate 2
of the edge from node 1 to node 3 of cell 2, and the auxiliary skip connection
has that of Meituan-AutoML/DARTS-.
"""

import itertools
from collections.abc import Iterator

import numpy as np

from darts_tf import layers
from darts_tf.config.errors import InputError
from darts_tf.layers.batch_norm import BatchNorm
from darts_tf.layers.edge_body import AUXILIARY_SKIP
from darts_tf.layers.operation import Operation, WeightView
from darts_tf.models.head import AuxiliaryHead
from darts_tf.models.network import Network
from darts_tf.models.preprocess import ResidualBlock
from darts_tf.models.supernet import Supernet

_NORM = {
  'gamma': 'weight',
  'beta': 'bias',
  'moving_mean': 'running_mean',
  'moving_variance': 'running_var',
}


def _unit_names(prefix: str, first: int, unit: int) -> dict[str, str]:
  start = first + 4 * unit
  return {
    f'depthwise_{unit}': f'{prefix}{start}.weight',
    f'pointwise_{unit}': f'{prefix}{start + 1}.weight',
    f'norm_{unit}': f'{prefix}{start + 2}',
  }


def operation_names(operation: Operation) -> dict[str, str]:
  """Name of each weight (or normalization) of an operation in PyTorch."""
  if isinstance(operation, layers.SeparableConv):
    names = {}
    for unit in range(len(operation.widths) + 1):
      names |= _unit_names('op.', 1, unit)
    return names
  if isinstance(operation, layers.ReLUConvBN):
    return {'kernel': 'op.1.weight', 'norm': 'op.2'}
  if isinstance(operation, layers.FactorizedReduce):
    return {'conv_1': 'conv_1.weight', 'conv_2': 'conv_2.weight', 'norm': 'bn'}
  if isinstance(operation, layers.FactorizedConv):
    return {'row': '1.weight', 'column': '2.weight', 'norm': '3'}
  # A pool in search is followed by its normalization.
  return {'norm': '1'}


def _operation(
  operation: Operation, views: dict[str, WeightView], prefix: str
) -> Iterator[tuple[str, WeightView]]:
  names = operation_names(operation)
  for name, view in views.items():
    owner, _, part = name.partition('.')
    if owner not in names:
      raise InputError(
        f'The operation {operation.name!r} has no counterpart in the'
        ' published implementation; expected one of the operations of'
        f' DARTS. Received: weight={name!r}'
      )
    suffix = f'.{_NORM[part]}' if part else ''
    yield f'{prefix}.{names[owner]}{suffix}', view


def _whole(variable) -> WeightView:
  return WeightView(variable, 0, variable.shape[-1], -1)


def _norm(norm: BatchNorm, prefix: str) -> Iterator[tuple[str, WeightView]]:
  for name, torch_name in _NORM.items():
    variable = getattr(norm, name)
    if variable is not None:
      yield f'{prefix}.{torch_name}', _whole(variable)


def _dense(layer, prefix: str) -> Iterator[tuple[str, WeightView]]:
  yield f'{prefix}.weight', _whole(layer.kernel)
  yield f'{prefix}.bias', _whole(layer.bias)


def _stem(stem) -> Iterator[tuple[str, WeightView]]:
  if len(stem.blocks) == 3:
    # The ImageNet stem: two units in `stem0`, one in `stem1`.
    places = [
      ('stem0.0', 'stem0.1'),
      ('stem0.3', 'stem0.4'),
      ('stem1.1', 'stem1.2'),
    ]
  else:
    places = [('stem.0', 'stem.1')]
  for block, (conv, norm) in zip(stem.blocks, places):
    yield f'{conv}.weight', _whole(block.kernel)
    yield from _norm(block.norm_layer, norm)


def _auxiliary(head: AuxiliaryHead) -> Iterator[tuple[str, WeightView]]:
  prefix = 'auxiliary_head'
  yield f'{prefix}.features.2.weight', _whole(head.kernel_1)
  yield from _norm(head.norm_1, f'{prefix}.features.3')
  yield f'{prefix}.features.5.weight', _whole(head.kernel_2)
  if head.norm_2 is not None:
    yield from _norm(head.norm_2, f'{prefix}.features.6')
  yield from _dense(head.classifier, f'{prefix}.classifier')


def _edges(model, cell) -> Iterator[tuple[str, WeightView]]:
  if isinstance(model, Network):
    for position, operation in zip(cell.positions, cell.operations):
      yield from _operation(
        operation, cell.weight_views(position), f'_ops.{position}'
      )
    return
  for edge, names in enumerate(cell.candidates):
    prefixes = {
      name: _candidate_prefix(model, edge, k) for k, name in enumerate(names)
    }
    if cell.form.auxiliary_skip:
      prefixes[AUXILIARY_SKIP] = f'_ops.{edge}.auxiliary_op'
    prefixes.pop('none', None)
    for name, prefix in prefixes.items():
      yield from _operation(
        cell.operation(edge, name), cell.weight_views(edge, name), prefix
      )


def _candidate_prefix(model: Supernet, edge: int, k: int) -> str:
  if not _has_blocks(model):
    return f'_ops.{edge}._ops.{k}'
  source, target = model.space.topology.edges[edge]
  return f'edges.{target}<-{source}.{k}'


def _has_blocks(model: Supernet | Network) -> bool:
  """Tells a supernet with residual blocks between its stages."""
  return (
    isinstance(model, Supernet) and model.space.macro.reductions_between_cells
  )


def _block(
  block: ResidualBlock, prefix: str
) -> Iterator[tuple[str, WeightView]]:
  for unit, name in ((block.first, 'conv_a'), (block.second, 'conv_b')):
    yield from _operation(unit, unit.weight_views(), f'{prefix}.{name}')
  yield f'{prefix}.downsample.1.weight', _whole(block.shortcut)


def torch_weights(
  model: Supernet | Network,
) -> Iterator[tuple[str, WeightView]]:
  """Pairs of PyTorch name and view, for every weight and statistic.

  Args:
    model: a supernet or network of the `darts` kind, or a supernet of the
      `nas_bench_201` kind.

  Yields:
    Name and view.

  Raises:
    InputError: if a weight of the model has no counterpart.
  """
  named = list(_named(model))
  covered = {id(view.holder) for _, view in named}
  for variable in model.trainable_variables:
    if id(variable) not in covered:
      raise InputError(
        'A weight of the model has no counterpart in the published'
        ' implementation; expected a model of the darts kind.'
        f' Received: weight={variable.path!r}'
      )
  yield from named


def _named(model) -> Iterator[tuple[str, WeightView]]:
  yield from _stem(model.stem)
  # A residual block counts as a cell in the published names.
  numbers = itertools.count()
  for cell in model.cells:
    if _has_blocks(model):
      for layer in cell.preprocess:
        if isinstance(layer, ResidualBlock):
          yield from _block(layer, f'cells.{next(numbers)}')
    prefix = f'cells.{next(numbers)}'
    for i, layer in enumerate(cell.preprocess):
      if isinstance(layer, ResidualBlock):
        continue  # It has a place of its own, if any.
      for name, view in _operation(
        layer, layer.weight_views(), f'preprocess{i}'
      ):
        yield f'{prefix}.{name}', view
    for name, view in _edges(model, cell):
      yield f'{prefix}.{name}', view
  if _has_blocks(model) and model.head.norm_layer is not None:
    yield from _norm(model.head.norm_layer, 'lastact.0')
  if isinstance(model, Network) and model.auxiliary_head is not None:
    yield from _auxiliary(model.auxiliary_head)
  yield from _dense(model.head.classifier, 'classifier')


def from_torch_layout(array: np.ndarray, like: tuple) -> np.ndarray:
  """Transposes a PyTorch weight to TensorFlow's order of axes.

  Args:
    array: convolution `(out, in / groups, rows, columns)`, dense
      `(out, in)`, or a vector.
    like: shape of the weight here; depthwise kernels end with 1.

  Returns:
    Convolution `(rows, columns, in, out)`, depthwise
    `(rows, columns, channels, 1)`, dense `(in, out)`, or the vector.
  """
  if array.ndim == 4:
    depthwise = like[-1] == 1 and array.shape[1] == 1
    return array.transpose((2, 3, 0, 1) if depthwise else (2, 3, 1, 0))
  return array.T
