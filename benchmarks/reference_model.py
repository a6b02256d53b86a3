"""Supernets with the weights of a file of reference numbers."""

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

import numpy as np
import tensorflow as tf
from reference_files import ReferenceFile, Value

from darts_tf.config.errors import InputError
from darts_tf.interop import load_pytorch_weights
from darts_tf.interop.names import from_torch_layout, torch_weights
from darts_tf.layers.batch_norm import frozen_averages
from darts_tf.layers.form import SupernetForm
from darts_tf.layers.mixing_weights import MixingWeights
from darts_tf.models import Supernet
from darts_tf.penalty import Penalty, View
from darts_tf.relaxation import Architecture, Group, Relaxation
from darts_tf.search.problem import SupernetProblem
from darts_tf.search_space.darts import DARTS
from darts_tf.search_space.nas_bench_201 import NAS_BENCH_201
from darts_tf.search_space.space import SearchSpace, same_candidates

EDGES = ('auto', 'joined', 'apart')

Tensors = Mapping[str, tf.Tensor]
Mixing = Mapping[str, MixingWeights]


def space_of(file: ReferenceFile) -> SearchSpace:
  """Returns the space of a file, with its candidates and its edges."""
  space = NAS_BENCH_201 if 'N' in file else DARTS
  topology = space.topology
  if 'edges' in file:
    edges = [str(name).split('<-') for name in file['edges']]
    topology = dataclasses.replace(
      topology, edges=tuple((int(source), int(node)) for node, source in edges)
    )
  names = space.candidates['normal'][0]
  if 'candidates' in file:
    names = tuple(str(name) for name in file['candidates'])
  return dataclasses.replace(
    space,
    topology=topology,
    candidates=same_candidates(names, topology, tuple(space.candidates)),
  )


class GivenNoise:
  """Stands for `Draw` where the noise is that of a file.

  Args:
    noise: of a group.
  """

  def __init__(self, noise: np.ndarray):
    self._noise = noise

  def gumbel(self, shape: tuple[int, ...]) -> tf.Tensor:
    """Returns the noise."""
    del shape
    return tf.constant(self._noise)


class ReferenceArchitecture:
  """The architecture parameters of a file and a relaxation of them.

  Rates are in float64 here. A search has them in float32, whose rounding
  would leave an error of 1e-8 in every result.

  Args:
    file: the numbers.
    space: the search space.
    relaxation: makes mixing weights.
    rates: the factors that change as epochs pass.
    prefix: in front of the names of the parameters in the file.

  Attributes:
    parameters: `group/name` to a tensor.
    space: the search space.
    relaxation: the relaxation.
  """

  def __init__(
    self,
    file: ReferenceFile,
    space: SearchSpace,
    relaxation: Relaxation,
    rates: Mapping[str, np.ndarray] | None = None,
    prefix: str = '',
  ):
    self.space = space
    self.relaxation = relaxation
    self._architecture = Architecture(
      relaxation, space, {kind: kind for kind in space.candidates}
    )
    self._rates = {
      name: tf.constant(rate, tf.float64)
      for name, rate in (rates or {}).items()
    }
    self.parameters = {}
    for name, exists in self._architecture.exists.items():
      group, own = name.split('/')
      stored = prefix + (own if self._single else f'{own}_{group}')
      if file[stored].shape != exists.shape:
        raise InputError(
          f'Parameters of another shape; expected {exists.shape}. Received:'
          f' {stored}={file[stored].shape}, file={str(file.path)!r}'
        )
      self.parameters[name] = tf.constant(file[stored])

  @property
  def _single(self) -> bool:
    return len(self.space.candidates) == 1

  def name(self, quantity: str, group: str) -> str:
    """Returns the name in the file of a quantity of a group."""
    return quantity if self._single else f'{quantity}/{group}'

  def by_group(
    self, parameters: Tensors
  ) -> dict[str, tuple[dict[str, tf.Tensor], Group]]:
    """Returns the parameters of each group by name, and the group."""
    return {
      name: (own, dataclasses.replace(group, rates=self._rates))
      for name, (own, group) in self._architecture.by_group(
        list(parameters.values())
      ).items()
    }

  def noise(self, file: ReferenceFile, quantity: str) -> dict[str, GivenNoise]:
    """Returns the noise of each group that is stored under a name."""
    return {
      group: GivenNoise(file[self.name(quantity, group)])
      for group in self.space.candidates
    }

  def mixing(
    self, parameters: Tensors, noise: Mapping[str, GivenNoise] | None = None
  ) -> Mixing:
    """Returns the mixing weights, differentiable."""
    return {
      name: self.relaxation.mixing(own, group, noise and noise[name])
      for name, (own, group) in self.by_group(parameters).items()
    }

  def weights(self) -> Iterator[Value]:
    """Yields the mixing weights without noise."""
    for group, mixing in self.mixing(self.parameters).items():
      yield Value(self.name('weights', group), mixing.weights)

  def penalty(
    self, penalty: Penalty, groups: Iterable[str] | None = None
  ) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:
    """Returns a penalty and its gradient by the parameters.

    Args:
      penalty: the penalty.
      groups: which groups it looks at; all by default.
    """
    groups = tuple(groups or self.space.candidates)
    with tf.GradientTape(watch_accessed_variables=False) as tape:
      tape.watch(self.parameters)
      by_group = self.by_group(self.parameters)
      mixing = self.mixing(self.parameters)
      view = View(
        {name: by_group[name][1] for name in groups},
        {name: by_group[name][0] for name in groups},
        {name: mixing[name] for name in groups},
        {},
      )
      value = penalty(view)
    gradients = tape.gradient(
      value, self.parameters, unconnected_gradients=tf.UnconnectedGradients.ZERO
    )
    return value, gradients

  def gradients(
    self, gradients: Tensors, suffix: str = '', note: str = '', prefix: str = ''
  ) -> Iterator[Value]:
    """Yields gradients by the parameters.

    Args:
      gradients: like `parameters`.
      suffix: behind the name of the parameter in the name of the gradient.
      note: of the values.
      prefix: in front of all.
    """
    for name, gradient in gradients.items():
      group, own = name.split('/')
      yield Value(
        prefix + self.name(f'grad_{own}{suffix}', group), gradient, note
      )


class Outcome(NamedTuple):
  """The logits, the loss and the gradients of a pass.

  Args:
    logits: of the batch.
    loss: its cross-entropy.
    gradients: of the loss by the parameters.
    weights: of the loss by weights, by their published names.
  """

  logits: tf.Tensor
  loss: tf.Tensor
  gradients: dict[str, tf.Tensor]
  weights: dict[str, np.ndarray]


class ReferenceModel:
  """A supernet in float64 with the weights of a file.

  Args:
    file: the numbers.
    space: the search space.
    form: how edges mix their candidates.
    edges: whether edges have their channels in one tensor or in one each;
      `auto` for the form that suits the machine.

  Attributes:
    supernet: the network.
    batches: `train` and `val` to images and labels.
  """

  def __init__(
    self,
    file: ReferenceFile,
    space: SearchSpace,
    form: SupernetForm = SupernetForm(),
    edges: str = 'auto',
  ):
    stages = space.macro.reductions_between_cells
    self.supernet = Supernet(
      space,
      file['x_train'].shape[1:],
      len(file['w/classifier.weight']),
      int(file['C']),
      3 * int(file['N']) if stages else int(file['layers']),
      stem=space.macro.stem,
      style=space.search_style.replace(dtype='float64'),
      form=form,
    )
    if edges != 'auto' and not form.selects:
      for cell in self.supernet.cells:
        for layer in cell.mixed_edges:
          layer.apart = edges == 'apart'
    load_pytorch_weights(self.supernet, file.under('w/') | file.under('b/'))
    self._views = dict(torch_weights(self.supernet))
    self.batches = {
      split: (tf.constant(file[f'x_{split}']), tf.constant(file[f'y_{split}']))
      for split in ('train', 'val')
    }

  def problem(self, mixing: Callable | None = None) -> SupernetProblem:
    """Returns the bilevel problem, with the statistics as they are now."""
    states = self.supernet.non_trainable_variables
    return SupernetProblem(
      self.supernet, mixing, [tf.convert_to_tensor(v) for v in states], None
    )

  def weights(self) -> list[tf.Tensor]:
    """Returns the weights."""
    return [tf.convert_to_tensor(v) for v in self.supernet.trainable_variables]

  def run(
    self,
    split: str,
    mixing: Callable[[Tensors], Mixing],
    parameters: Tensors,
    weights: Iterable[str] = (),
    training: bool = True,
  ) -> Outcome:
    """Passes a batch through the supernet, and gradients back.

    Args:
      split: `train` or `val`.
      mixing: makes mixing weights of the parameters.
      parameters: tensors by which the loss is differentiated.
      weights: published names of weights by which it is differentiated.
      training: whether normalization has the statistics of the batch.
    """
    views = {name: self._view(name) for name in weights}
    tensors = self.weights()
    positions = {
      id(v): i for i, v in enumerate(self.supernet.trainable_variables)
    }
    of_views = {
      name: tensors[positions[id(view.holder)]] for name, view in views.items()
    }
    sources = [dict(parameters), of_views]
    with tf.GradientTape(watch_accessed_variables=False) as tape:
      tape.watch(sources)
      with frozen_averages():
        forward = self.problem().forward(
          tensors, mixing(parameters), self.batches[split], training
        )
    by_parameters, by_weights = tape.gradient(
      forward.loss, sources, unconnected_gradients=tf.UnconnectedGradients.ZERO
    )
    shares = {
      name: view.share_of(by_weights[name].numpy())
      for name, view in views.items()
    }
    return Outcome(forward.logits, forward.loss, by_parameters, shares)

  def _view(self, name: str):
    if name not in self._views:
      raise InputError(
        'A gradient by no weight of the model; expected the name of one.'
        f' Received: weight={name!r}'
      )
    return self._views[name]


def losses(
  outcome: Outcome, split: str, note: str = '', prefix: str = ''
) -> Iterator[Value]:
  """Yields the logits and the loss of a pass."""
  yield Value(f'{prefix}{split}_logits', outcome.logits, note)
  yield Value(f'{prefix}{split}_loss', outcome.loss, note)


def weight_gradients(
  file: ReferenceFile, outcome: Outcome, note: str = '', prefix: str = ''
) -> Iterator[Value]:
  """Yields the gradients by weights, in the layout of this library."""
  for name, gradient in outcome.weights.items():
    stored = f'{prefix}grad_w/{name}'
    expected = from_torch_layout(file[stored], gradient.shape)
    yield Value(stored, gradient, note, expected)


def passes(
  file: ReferenceFile,
  model: ReferenceModel,
  architecture: ReferenceArchitecture,
  mixing: Callable[[str], Callable[[Tensors], Mixing]] | None = None,
  prefix: str = '',
) -> tuple[Outcome, Outcome]:
  """Passes both batches through a supernet.

  Args:
    file: the numbers.
    model: the supernet.
    architecture: the parameters.
    mixing: `mixing(split)` makes mixing weights of parameters.
    prefix: of the names of the gradients in the file.

  Returns:
    The training loss with gradients by weights, the validation loss with
    gradients by parameters.
  """
  mixing = mixing or (lambda split: architecture.mixing)
  train = model.run(
    'train',
    lambda unused: mixing('train')(architecture.parameters),
    {},
    file.under(f'{prefix}grad_w/'),
  )
  return train, model.run('val', mixing('val'), architecture.parameters)


def both_passes(
  file: ReferenceFile,
  model: ReferenceModel,
  architecture: ReferenceArchitecture,
  mixing: Callable[[str], Callable[[Tensors], Mixing]] | None = None,
  note: str = '',
  prefix: str = '',
  suffix: str = '',
) -> Iterator[Value]:
  """Yields logits, losses and gradients of both batches.

  Args:
    file: the numbers.
    model: see `passes`.
    architecture: see `passes`.
    mixing: see `passes`.
    note: of all values.
    prefix: of all names.
    suffix: see `ReferenceArchitecture.gradients`.
  """
  train, val = passes(file, model, architecture, mixing, prefix)
  yield from losses(train, 'train', note, prefix)
  yield from weight_gradients(file, train, note, prefix)
  yield from losses(val, 'val', note, prefix)
  yield from architecture.gradients(val.gradients, suffix, note, prefix)
