"""The reference numbers of each search method, computed anew."""

from collections.abc import Iterator, Mapping

import keras
import numpy as np
import tensorflow as tf
from reference_files import ReferenceFile, Value
from reference_model import (
  ReferenceArchitecture,
  ReferenceModel,
  both_passes,
  losses,
  passes,
  space_of,
  weight_gradients,
)

from darts_tf.architecture_gradient import tensors as algebra
from darts_tf.layers.batch_norm import frozen_averages
from darts_tf.layers.form import SupernetForm
from darts_tf.layers.mixing_weights import MixingWeights
from darts_tf.layers.partial_channels import shuffle_channels, split_channels
from darts_tf.optimizers import Adam
from darts_tf.penalty import BetaDecay, ZeroOne
from darts_tf.relaxation import (
  EdgeNormalized,
  Gumbel,
  HardGumbel,
  NodeSoftmax,
  Sigmoid,
  Softmax,
)
from darts_tf.search_space.darts import DARTS
from darts_tf.search_space.operations import operations, register_operation
from darts_tf.search_space.space import same_candidates

# A candidate that is 1 everywhere, whatever its input.
_ONES = 'reference_ones'

# One step of the optimizer of beta-DARTS.
_ADAM = {'learning_rate': 3e-4, 'beta_1': 0.5, 'weight_decay': 1e-3}


def pc_darts(file: ReferenceFile, edges: str) -> Iterator[Value]:
  """Partial channels, and softmaxes over the edges of a node."""
  space = space_of(file)
  form = SupernetForm(partial_channels=int(file['K']))
  model = ReferenceModel(file, space, form, edges)
  architecture = ReferenceArchitecture(file, space, EdgeNormalized())
  mixing = architecture.mixing(architecture.parameters)
  for group, weights in mixing.items():
    yield Value(f'edge_weights/{group}', weights.edge_scale)
  yield from both_passes(file, model, architecture)
  if not file.any('mixture/*'):
    return
  places = {1: (0, 'input'), 2: (None, 'input_stride_2')}
  for stride, (cell, stored) in places.items():
    if cell is None:
      cell = int(file['mixture/cell_stride_2'])
    yield Value(
      f'mixture/output_stride_{stride}',
      _first_edge(
        model.supernet.cells[cell],
        tf.constant(file[f'mixture/{stored}']),
        tf.constant(file['mixture/weights']),
        stride,
      ),
    )


def _first_edge(cell, x, weights, stride):
  """Returns edge 0 of a cell alone, in training."""
  source, _ = cell.topology.edges[0]
  outgoing = cell.topology.outgoing(source)
  parts = cell.form.partial_channels
  mixed, bypass = split_channels(x, parts, stride)
  # The layer serves all edges of the node; the others are not looked at.
  rows = [weights if edge == 0 else 0 * weights for edge in outgoing]
  layer = cell.mixed_edges[cell.sources.index(source)]
  with frozen_averages():
    outputs = layer(mixed, tf.stack(rows), training=True)
  output = outputs[outgoing.index(0)]
  if bypass is not None:
    output = tf.concat([output, bypass], -1)
  return shuffle_channels(output, parts)


def gdas(file: ReferenceFile, edges: str) -> Iterator[Value]:
  """Candidates that are drawn, in all forms of the sum over them."""
  space = space_of(file)
  rates = {'temperature': file['temperature']}
  architecture = ReferenceArchitecture(file, space, HardGumbel(), rates)
  noise = {
    split: architecture.noise(file, f'gumbel_{split}')
    for split in ('train', 'val')
  }
  for split, of_split in noise.items():
    mixing = architecture.mixing(architecture.parameters, of_split)
    for name, (own, group) in architecture.by_group(
      architecture.parameters
    ).items():
      logits = tf.nn.log_softmax(group.masked(own['alpha']))
      p = architecture.relaxation.noisy_softmax(logits, group, of_split[name])
      yield Value(architecture.name(f'p_{split}', name), p)
      yield Value(
        architecture.name(f'index_{split}', name), mixing[name].selected
      )

  drawn = lambda split: (
    lambda parameters: architecture.mixing(parameters, noise[split])
  )
  dense = ReferenceModel(file, space, edges=edges)
  yield from both_passes(
    file, dense, architecture, drawn, 'all candidates', suffix='_dense'
  )
  selected = ReferenceModel(file, space, SupernetForm(paths='selected'))
  yield from both_passes(file, selected, architecture, drawn, 'selected only')
  masked = dense.run(
    'val',
    lambda parameters: _map(_masked, drawn('val')(parameters)),
    architecture.parameters,
  )
  yield from architecture.gradients(masked.gradients, note='masked')
  if file.any('grad_alpha_release*'):
    yield from _release(file, edges, architecture, drawn('val'))


def _map(function, mixing):
  return {name: function(weights) for name, weights in mixing.items()}


def _masked(mixing: MixingWeights) -> MixingWeights:
  """Multiplies what is not selected by 0: it has no gradient then."""
  return mixing._replace(weights=mixing.weights * _chosen(mixing))


def _chosen(mixing: MixingWeights) -> tf.Tensor:
  weights = mixing.weights
  return tf.one_hot(mixing.selected, weights.shape[-1], dtype=weights.dtype)


class _Ones(keras.layers.Layer):
  """Gives 1 everywhere."""

  def __init__(self, channels: int, stride: int):
    del channels
    super().__init__()
    self.stride = stride

  def call(self, x):
    """Returns ones in the strided shape."""
    return tf.ones_like(x[:, :: self.stride, :: self.stride])


def _release(file, edges, architecture, drawn) -> Iterator[Value]:
  """Adds the weights of what is not selected to all elements of an edge.

  The released cell does so. It is the same as one more candidate that is 1
  everywhere, whose weight is the sum of theirs, which is 0.
  """
  if _ONES not in operations:
    register_operation(_ONES, _Ones)
  space = architecture.space
  names = (*space.candidates['normal'][0], _ONES)
  space = space.with_candidates(
    same_candidates(names, space.topology, tuple(space.candidates))
  )

  def released(mixing):
    rest = tf.reduce_sum(
      mixing.weights * (1 - _chosen(mixing)), -1, keepdims=True
    )
    return MixingWeights(tf.concat([_masked(mixing).weights, rest], -1))

  outcome = ReferenceModel(file, space, edges=edges).run(
    'val',
    lambda parameters: _map(released, drawn(parameters)),
    architecture.parameters,
  )
  note = 'with a candidate that is 1'
  yield from losses(outcome, 'val', note)
  yield from architecture.gradients(outcome.gradients, '_release', note)


def snas(file: ReferenceFile, edges: str) -> Iterator[Value]:
  """Noisy softmaxes; one pass gives all gradients."""
  space = space_of(file)
  rates = {'temperature': file['temperature']}
  architecture = ReferenceArchitecture(file, space, Gumbel(), rates)
  noise = architecture.noise(file, 'gumbel_train')
  mixing = lambda parameters: architecture.mixing(parameters, noise)
  for group, weights in mixing(architecture.parameters).items():
    yield Value(architecture.name('weights', group), weights.weights)
  outcome = ReferenceModel(file, space, edges=edges).run(
    'train', mixing, architecture.parameters, file.under('grad_w/')
  )
  yield from losses(outcome, 'train')
  yield from weight_gradients(file, outcome)
  yield from architecture.gradients(outcome.gradients)


def fair_darts(file: ReferenceFile, edges: str) -> Iterator[Value]:
  """Sigmoids and the zero-one penalty, with squares and absolute values."""
  space = space_of(file)
  architecture = ReferenceArchitecture(file, space, Sigmoid())
  model = ReferenceModel(file, space, edges=edges)
  train, val = passes(file, model, architecture)
  entropies = {'train': train.loss, 'val': val.loss}
  yield Value('train_logits', train.logits)
  yield Value('val_logits', val.logits)
  for split, entropy in entropies.items():
    yield Value(f'{split}_cross_entropy', entropy)
  yield from weight_gradients(file, train)
  yield from architecture.gradients(val.gradients, '_cross_entropy')
  weight = float(file['zero_one_weight'])
  for absolute, suffix in ((False, ''), (True, '_l1')):
    one, _ = architecture.penalty(ZeroOne(1.0, absolute))
    yield Value(f'zero_one{suffix}', one)
    term, slope = architecture.penalty(ZeroOne(weight, absolute))
    for split, entropy in entropies.items():
      yield Value(f'{split}_loss{suffix}', entropy + term)
    yield from architecture.gradients(_sum(val.gradients, slope), suffix)


def _sum(
  first: Mapping[str, tf.Tensor], second: Mapping[str, tf.Tensor]
) -> dict[str, tf.Tensor]:
  names = list(second)
  return dict(
    zip(
      names,
      algebra.axpy(1.0, [second[n] for n in names], [first[n] for n in names]),
    )
  )


def darts_minus(file: ReferenceFile, edges: str) -> Iterator[Value]:
  """The auxiliary skip connection, at each rate that the file has."""
  space = space_of(file)
  architecture = ReferenceArchitecture(file, space, Softmax())
  model = ReferenceModel(file, space, SupernetForm(auxiliary_skip=True), edges)
  for rate in dict.fromkeys(n.partition('/')[0] for n in file.under('rate_')):
    model.supernet.auxiliary_skip_rate.assign(float(rate))
    yield from both_passes(file, model, architecture, prefix=f'rate_{rate}/')


def i_darts(file: ReferenceFile, edges: str) -> Iterator[Value]:
  """Softmaxes over all candidates of all edges of a node."""
  space = space_of(file)
  model = ReferenceModel(file, space, edges=edges)
  for prefix, competes in (('with_none/', True), ('without_none/', False)):
    if not file.under(prefix):
      continue
    relaxation = NodeSoftmax(none_competes=competes)
    architecture = ReferenceArchitecture(file, space, relaxation)
    for value in architecture.weights():
      yield value._replace(name=prefix + value.name)
    yield from both_passes(file, model, architecture, prefix=prefix)


def beta_darts(file: ReferenceFile, edges: str) -> Iterator[Value]:
  """Beta decay, and one step of Adam with it."""
  space = space_of(file)
  decayed = lambda weight: ReferenceArchitecture(
    file, space, Softmax(), {'beta_decay': weight}
  )
  architecture = decayed(file['weight'])
  model = ReferenceModel(file, space, edges=edges)
  train, val = passes(file, model, architecture)
  yield from losses(train, 'train')
  yield from weight_gradients(file, train)
  yield from losses(val, 'val')
  yield from architecture.gradients(val.gradients, '_plain')
  one, slope = decayed(1.0).penalty(BetaDecay())
  yield Value('regularizer', one)
  yield Value('grad_regularizer', slope['normal/alpha'])
  term, slope = architecture.penalty(BetaDecay())
  total = _sum(val.gradients, slope)
  yield Value('val_loss_with_regularizer', val.loss + term)
  yield from architecture.gradients(total)
  yield Value(
    'alpha_after_first_step', _adam_step(architecture.parameters, total)
  )
  if file.any('darts/alpha_*'):
    cells = ReferenceArchitecture(
      file, DARTS, Softmax(), {'beta_decay': 1.0}, 'darts/'
    )
    for group in DARTS.candidates:
      one, slope = cells.penalty(BetaDecay(), [group])
      yield Value(f'darts/regularizer/{group}', one)
      yield Value(f'darts/grad_regularizer/{group}', slope[f'{group}/alpha'])


def _adam_step(
  parameters: Mapping[str, tf.Tensor], gradients: Mapping[str, tf.Tensor]
) -> np.ndarray:
  """Returns the alphas after the first step of Adam."""
  variable = keras.Variable(parameters['normal/alpha'], dtype='float64')
  optimizer = Adam(reduce_gradients=False, **_ADAM)
  optimizer.build([variable])
  optimizer.apply([gradients['normal/alpha']], [variable])
  return variable.numpy()
