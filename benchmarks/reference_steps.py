"""The reference numbers of steps, estimators and networks, computed anew."""

import dataclasses
import itertools
from collections.abc import Iterator

import numpy as np
import tensorflow as tf
from reference_files import ReferenceFile, Value
from reference_model import (
  ReferenceArchitecture,
  ReferenceModel,
  losses,
  space_of,
  weight_gradients,
)

from darts_tf.architecture_gradient import InnerStep, architecture_gradients
from darts_tf.architecture_gradient import tensors as algebra
from darts_tf.architecture_gradient.implicit import AmendedExact, Direction
from darts_tf.genotype import load_genotype
from darts_tf.interop import load_pytorch_weights
from darts_tf.interop.names import from_torch_layout, torch_weights
from darts_tf.layers.mixing_weights import MixingWeights
from darts_tf.models import Network
from darts_tf.relaxation import Softmax
from darts_tf.search_space import search_spaces
from darts_tf.step.perturbed import add_noise, attack, project

# Differences of gradients magnify the errors of rounding.
_DIFFERENCES = 1e-4


class _RecordedLoss:
  """Stands for `WeightLoss`; keeps its questions and answers.

  Args:
    model: the supernet; the loss is that of the training batch in inference
      mode.
    architecture: says which candidates there are.
    radius: of the disturbances.

  Attributes:
    points: the mixing weights at which a gradient or value was asked for.
    values: the losses.
    least: the smallest absolute value in a gradient.
  """

  def __init__(
    self,
    model: ReferenceModel,
    architecture: ReferenceArchitecture,
    radius: np.ndarray,
  ):
    self._model, self._radius = model, radius
    self.exists = {
      name: group.exists
      for name, (_, group) in architecture.by_group(
        architecture.parameters
      ).items()
    }
    self.points, self.values, self.least = [], [], np.inf

  def value(self, mixing):
    """See `WeightLoss`."""
    self.points.append(mixing)
    outcome = self._model.run('train', lambda _: mixing, {}, training=False)
    self.values.append(outcome.loss)
    return outcome.loss

  def gradients(self, mixing):
    """See `WeightLoss`."""
    self.points.append(mixing)
    gradients = self._model.run(
      'train', _at, _weights(mixing), training=False
    ).gradients
    for name, gradient in gradients.items():
      sizes = np.abs(gradient.numpy()[self.exists[name]])
      self.least = min(self.least, sizes.min())
    return gradients

  def rate(self, name, dtype):
    """See `WeightLoss`."""
    del name
    return tf.constant(self._radius, dtype)


class _SignsOfTrace:
  """Stands for `WeightLoss`; climbs in the directions of a stored trace.

  Args:
    file: has the trace.
    centre: undisturbed mixing weights.
    exists: see `WeightLoss`.

  Attributes:
    points: the mixing weights at which a gradient or value was asked for.
  """

  def __init__(self, file: ReferenceFile, centre, exists):
    self._file, self._centre = file, _weights(centre)
    self.exists = exists
    self.points = []
    self._answers = iter(['loss_before', 'loss_after'])

  def value(self, mixing):
    """Returns the stored value."""
    self.points.append(mixing)
    return self._file[f'adversarial/{next(self._answers)}']

  def gradients(self, mixing):
    """Returns signs that lead to the next point, as far as there are any."""
    self.points.append(mixing)
    return {
      name: tf.constant(
        self._signs(name, self._file[f'adversarial/trace/{name}'])
      )
      for name in mixing
    }

  def rate(self, name, dtype):
    """See `WeightLoss`."""
    del name
    return tf.constant(self._file['epsilon'], dtype)

  def _signs(self, group, trace):
    # The first point asked for is that of the first value.
    done = len(self.points) - 2
    here, following = trace[done], trace[done + 1]
    edges, candidates = here.shape
    # The sign of 0 is 0.
    signs = [-1.0, 0.0, 1.0]
    patterns = np.array(list(itertools.product(signs, repeat=candidates)))
    radius, steps = float(self._file['epsilon']), int(self._file['steps'])
    centre = self._centre[group].numpy()
    signs = np.zeros_like(here)
    for edge in range(edges):
      moved = here[edge] + 2 * radius / steps * patterns - centre[edge]
      moved = centre[edge] + np.clip(moved, -radius, radius)
      exists = np.broadcast_to(self.exists[group][edge], moved.shape)
      points = project(tf.constant(moved), exists).numpy()
      distances = np.abs(points - following[edge]).max(-1)
      signs[edge] = patterns[distances.argmin()]
    return signs


def _weights(mixing):
  return {name: weights.weights for name, weights in mixing.items()}


def _at(weights):
  return {name: MixingWeights(tensor) for name, tensor in weights.items()}


def sdarts(file: ReferenceFile, edges: str) -> Iterator[Value]:
  """Random and adversarial disturbances of mixing weights."""
  space = space_of(file)
  model = ReferenceModel(file, space, edges=edges)
  architecture = ReferenceArchitecture(file, space, Softmax())
  yield from architecture.weights()
  val = model.run('val', architecture.mixing, architecture.parameters)
  yield from losses(val, 'val')
  yield from architecture.gradients(val.gradients)
  centre = architecture.mixing(architecture.parameters)
  if file.any('random/*'):
    loss = _RecordedLoss(model, architecture, file['epsilon'])
    disturbed = add_noise(loss, centre, _noise(file, 'random', loss))
    for group, weights in _weights(disturbed).items():
      yield Value(f'random/perturbed/{group}', weights)
    yield from _disturbed(file, model, disturbed, 'random/')
  if file.any('adversarial/*'):
    loss = _RecordedLoss(model, architecture, file['epsilon'])
    noise = _noise(file, 'adversarial', loss)
    disturbed = attack(loss, centre, noise, int(file['steps']))
    yield from _values(loss, 'adversarial/')
    yield Value('adversarial/least_gradient', loss.least)
    yield from _ascent(loss.points, disturbed)
    yield from _disturbed(file, model, disturbed, 'adversarial/')
    # The rule alone, whatever statistics the gradients are taken with.
    given = _SignsOfTrace(file, centre, loss.exists)
    disturbed = attack(given, centre, noise, int(file['steps']))
    yield from _ascent(given.points, disturbed, 'with the signs of the trace')
  if file.any('fallen/*'):
    architecture = ReferenceArchitecture(
      file, space, Softmax(), prefix='fallen/'
    )
    loss = _RecordedLoss(model, architecture, file['fallen/epsilon'])
    centre = architecture.mixing(architecture.parameters)
    noise = _noise(file, 'fallen', loss)
    disturbed = attack(loss, centre, noise, int(file['fallen/steps']))
    yield from _values(loss, 'fallen/')
    for group, weights in _weights(disturbed).items():
      expected = centre[group].weights.numpy()
      yield Value(f'fallen/{group}', weights, 'undisturbed', expected)


def _noise(file, section, loss):
  """Returns the start in the ball in numbers of [-1, 1]."""
  radius = float(loss.rate('radius', tf.float64))
  return {
    group: tf.constant(noise / radius if radius else noise)
    for group, noise in file.under(f'{section}/noise/').items()
  }


def _values(loss, prefix) -> Iterator[Value]:
  before, after = loss.values
  yield Value(f'{prefix}loss_before', before)
  yield Value(f'{prefix}loss_after', after)


def _ascent(points, disturbed, note='') -> Iterator[Value]:
  """Yields an attack step by step: where it asked for losses or gradients."""
  # First the value where nothing is disturbed, last the value at the end.
  trace = [_weights(point) for point in points[1:]]
  for group in trace[0]:
    steps = np.stack([point[group].numpy() for point in trace])
    yield Value(f'adversarial/trace/{group}', steps, note)
  results = _weights(disturbed)
  for group, weights in results.items():
    yield Value(f'adversarial/perturbed/{group}', weights, note)
  kept = [
    np.array_equal(weights, trace[-1][group])
    for group, weights in results.items()
  ]
  yield Value('adversarial/kept', all(kept), note)


def _disturbed(file, model, mixing, prefix) -> Iterator[Value]:
  """Yields the step of the weights at the disturbed ones of the file."""
  weights = {
    group: tf.constant(file[f'{prefix}perturbed/{group}']) for group in mixing
  }
  outcome = model.run('train', _at, weights, file.under(f'{prefix}grad_w/'))
  yield from losses(outcome, 'train', prefix=prefix)
  yield from weight_gradients(file, outcome, prefix=prefix)
  for group, gradient in outcome.gradients.items():
    yield Value(f'{prefix}grad_weights/{group}', gradient)


@dataclasses.dataclass(frozen=True)
class _LengthOfProduct(AmendedExact):
  """Tells the length of H v, too."""

  def direction(self, products, vector, inner):
    """See `AmendedExact`."""
    direction = super().direction(products, vector, inner)
    length = algebra.global_norm(direction.vector) / self.eta
    return Direction(direction.vector, {'Hv_norm': length})


def search_parity(file: ReferenceFile, edges: str) -> Iterator[Value]:
  """Architecture gradients of all orders, exact and by differences."""
  space = space_of(file)
  model = ReferenceModel(file, space, edges=edges)
  architecture = ReferenceArchitecture(file, space, Softmax())
  names = list(architecture.parameters)
  problem = model.problem(
    lambda alphas: architecture.mixing(dict(zip(names, alphas, strict=True)))
  )
  train = model.run('train', architecture.mixing, architecture.parameters)
  yield from losses(train, 'train')
  # The reference's inner step has no momentum.
  inner = InnerStep(float(file['xi']), 0.0, float(file['weight_decay']))
  eta = {'eta': float(file['eta'])}
  published = {'difference_radius': 0.01}
  make = architecture_gradients.configured
  for suffix, estimator, loss in (
    ('first', make('first_order', {}), 'val_loss'),
    ('second_exact', make('second_order_exact', {}), 'unrolled_val_loss'),
    ('second_fd', make('second_order', published), 'unrolled_val_loss'),
    ('amended', _LengthOfProduct(**eta), 'val_loss'),
    ('amended_fd', make('amended', eta | published), 'val_loss'),
  ):
    result = estimator(
      problem,
      model.weights(),
      list(architecture.parameters.values()),
      model.batches['train'],
      model.batches['val'],
      inner,
    )
    note = '' if suffix in ('first', 'second_exact') else suffix
    yield Value(loss, result.validation_loss, note)
    for name, length in result.metrics.items():
      yield Value(name, length)
    for value in architecture.gradients(
      dict(zip(names, result.gradients, strict=True)), f'_{suffix}'
    ):
      differs = suffix.endswith('_fd')
      yield value._replace(bound=_DIFFERENCES if differs else 0.0)


def network_parity(file: ReferenceFile, edges: str) -> Iterator[Value]:
  """A discrete network: a pass in training, statistics, an inference pass."""
  del edges
  genotype = load_genotype(str(file['genotype']))
  space = search_spaces[genotype.search_space]
  network = Network(
    genotype,
    file['x'].shape[1:],
    len(file['w/classifier.weight']),
    int(file['C']),
    int(file['layers']),
    auxiliary='train_aux_logits' in file,
    stem='imagenet' if 'w/stem0.0.weight' in file else space.macro.stem,
    style=space.network_style.replace(dtype='float64'),
  )
  load_pytorch_weights(network, file.under('w/'))
  images = tf.constant(file['x'])
  logits = network(images, training=True)
  if isinstance(logits, tuple):
    logits, auxiliary = logits
    yield Value('train_aux_logits', auxiliary)
  yield Value('train_logits', logits)
  for name, view in torch_weights(network):
    if f'b/{name}' in file:
      statistic = view.read()
      expected = from_torch_layout(file[f'b/{name}'], statistic.shape)
      yield Value(f'b/{name}', statistic, expected=expected)
  yield Value('eval_logits', network(images, training=False))
