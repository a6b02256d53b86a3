"""From a configuration to the parts of a search."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from darts_tf.architecture_gradient import (
  Estimator,
  estimator_options,
  make_estimator,
)
from darts_tf.data import DatasetInfo, ImageData, Stream, stratified_split
from darts_tf.data.stream import evaluation_batches
from darts_tf.discretize import discretizations, discretize
from darts_tf.distribution import check_batch_size, check_devices, make_strategy
from darts_tf.errors import InputError
from darts_tf.genotype import Genotype
from darts_tf.methods import Method, methods
from darts_tf.models.stem import check_stem
from darts_tf.models.supernet import Supernet
from darts_tf.optimizers import SGD, Adam
from darts_tf.precision import is_half, loss_scale
from darts_tf.registry import given_options
from darts_tf.relaxation import Relaxation, relaxations
from darts_tf.run_data import augmentation_of, distribute, join
from darts_tf.schedule import LearningRate, Schedule, Stage, schedules
from darts_tf.schedule.schedule import Candidates
from darts_tf.search.config import (
  GRADIENT_OPTIONS,
  RELAXATION_OPTIONS,
  SCHEDULE_OPTIONS,
  SearchConfig,
)
from darts_tf.search.step import SearchStep
from darts_tf.search_space.space import SearchSpace, search_spaces

_BATCH_MULTIPLE = 8


@dataclasses.dataclass
class SearchParts:
  """What a search is made of; see the classes of the fields."""

  config: SearchConfig
  info: DatasetInfo
  space: SearchSpace
  schedule: Schedule
  stage: Stage
  method: Method
  estimator: Estimator
  discretization: str
  supernet: Supernet
  relaxation: Relaxation
  alphas: list[keras.Variable]
  weight_optimizer: SGD
  alpha_optimizer: Adam
  learning_rate: LearningRate
  step: SearchStep
  strategy: tf.distribute.Strategy
  weight_stream: Stream
  architecture_stream: Stream | None
  num_held_out: int
  evaluation: tf.data.Dataset

  @property
  def steps_per_epoch(self) -> int:
    """Steps of an epoch; most steps, where batches grow."""
    steps = self.weight_stream.steps_per_epoch
    if self.config.batch_multiple:
      steps = steps * self.config.batch_multiple // self.config.batch_size
    return self.config.steps_per_epoch or steps

  def rates(self) -> str:
    """What to change in a run that diverges."""
    config = self.config
    return (f'learning_rate={config.learning_rate:g},'
            f' clip_norm={config.clip_norm:g}, alpha_learning_rate='
            f'{config.alpha_learning_rate:g}')

  def step_graph(self) -> tf.Graph:
    """The graph of a search step; built here, if it was not before."""
    streams = [s for s in (self.weight_stream, self.architecture_stream) if s]
    blocks = self.config.batch_size // streams[0].batch_size
    batches = [
        join(list(distribute(s, self.strategy, 0, blocks))) for s in streams]
    return self.step.search_graph(batches[0], batches[-1])

  def logits(self, images, *alphas) -> tf.Tensor:
    """The supernet in inference mode, as a deployed network would be."""
    mixing = self.relaxation.mixing(dict(zip(self.relaxation.groups, alphas)))
    return self.supernet(images, mixing, training=False)

  def variables(self) -> dict[str, Sequence]:
    """All state of the search, by owner."""
    return {
        'supernet': self.supernet.variables,
        'alphas': self.alphas,
        'weight_optimizer': self.weight_optimizer.variables,
        'alpha_optimizer': self.alpha_optimizer.variables,
    }


def estimator_of(config: SearchConfig) -> Estimator:
  """The estimator that a configuration names, with its options."""
  return make_estimator(
      config.gradient,
      {name: getattr(config, name) for name in GRADIENT_OPTIONS})


def _relaxation_options(config: SearchConfig) -> dict:
  return _method_options(
      config, RELAXATION_OPTIONS,
      lambda method: relaxations[method.relaxation].options)


def _schedule_options(config: SearchConfig) -> dict:
  return _method_options(
      config, SCHEDULE_OPTIONS,
      lambda method: schedules[method.schedule].options)


def _method_options(config: SearchConfig, names, options_of) -> dict:
  # Users name methods, not relaxations and schedules.
  given = given_options(
      methods, config.method,
      {name: getattr(config, name) for name in names}, options_of)
  return {**options_of(methods[config.method]), **given}


def _check_batches(config: SearchConfig) -> int | None:
  """Returns of what growing batches are multiples; `None` if none grow."""
  if config.max_batch_size is None:
    if config.batch_multiple is not None:
      raise InputError(
          'Batches do not grow; expected batch_multiple with max_batch_size.'
          f' Received: batch_multiple={config.batch_multiple}')
    return None
  multiple = config.batch_multiple or _BATCH_MULTIPLE
  if config.batch_size % multiple or config.max_batch_size % multiple or (
      config.max_batch_size < config.batch_size):
    raise InputError(
        'Batches grow by multiples; expected batch_size, and a'
        f' max_batch_size that is not smaller, to be multiples of {multiple}.'
        f' Received: batch_size={config.batch_size},'
        f' max_batch_size={config.max_batch_size}')
  for name, only in (('strategy', 'default'), ('steps_per_execution', 1)):
    if getattr(config, name) != only:
      raise InputError(
          'Batches that grow are of one device, step by step; expected'
          f' {name}={only}. Received: {name}={getattr(config, name)!r},'
          f' max_batch_size={config.max_batch_size}')
  return multiple


def schedule_of(config: SearchConfig) -> Schedule:
  """The schedule that a configuration names, with its options."""
  return schedules[methods[config.method].schedule](
      config.epochs, config.grace_epochs, **_schedule_options(config))


def resolve(config: SearchConfig) -> SearchConfig:
  """Fills in what depends on the method and the search space.

  Args:
    config: the options as given.

  Returns:
    A configuration without `None` for gradient, its options and those of
    the relaxation and the schedule, discretization, epochs, channels, cells
    and weight portion.

  Raises:
    InputError: if a name is unknown or a number does not fit.
  """
  method = methods[config.method]
  space = search_spaces[config.search_space]
  config = config.replace(gradient=config.gradient or method.gradient)
  estimator = estimator_of(config)
  check_devices(config)
  if config.remat and (
      estimator.differentiates_twice or config.eigenvalue_every):
    what = ('the largest eigenvalue' if config.eigenvalue_every
            else f'the gradient {config.gradient!r}')
    raise InputError(
        'A gradient that computes activations again cannot be differentiated'
        f' again, which {what} needs; expected --noremat.'
        ' Received: remat=True')
  rule = (config.discretization or method.discretization
          or space.discretization)
  discretizations[rule]  # Raises if unknown.
  check_stem(config.stem)
  portion = config.weight_portion
  if portion is None:
    portion = 0.5 if estimator.uses_validation else 0.9
  if not 0 < portion < 1:
    raise InputError(
        'The share of the weights lies between 0 and 1; expected, say, 0.5.'
        f' Received: weight_portion={portion}')
  cells = config.cells or space.default_cells
  missing = set(space.candidates) - set(space.groups(cells).values())
  if missing:
    raise InputError(
        f'A supernet this shallow has no {" and no ".join(sorted(missing))}'
        ' cell to search; expected more cells, at least 3.'
        f' Received: cells={cells}')
  options = estimator_options(estimator)
  config = config.replace(
      **{name: options[name] for name in GRADIENT_OPTIONS if name in options})
  schedule = schedule_of(config)
  schedule.check(space)
  config = config.replace(
      batch_multiple=_check_batches(config),
      **_relaxation_options(config), **_schedule_options(config))
  return config.replace(
      epochs=schedule.epochs,
      discretization=rule, weight_portion=portion,
      cells=cells, channels=config.channels or space.default_channels)


def build_search(
    config: SearchConfig, data: ImageData,
    strategy: tf.distribute.Strategy | None = None,
) -> SearchParts:
  """Builds all parts of a search.

  Args:
    config: as `resolve` returned it.
    data: the images.
    strategy: as `make_strategy(config)` returned it, which is the default.

  Returns:
    The parts, in their first state.
  """
  strategy = strategy or make_strategy(config)
  check_batch_size(config.batch_size, strategy)
  estimator = estimator_of(config)
  schedule = schedule_of(config)
  model = _build_model(
      config, search_spaces[config.search_space], data.info, estimator,
      schedule.stages[0], strategy)
  first, second = stratified_split(
      data.y_train, config.weight_portion, config.seed)
  common = {
      'images': data.x_train, 'labels': data.y_train,
      'mean': data.info.mean, 'std': data.info.std}
  # Batches that grow are put together from the smallest ones there can be.
  stream = lambda name, indices: Stream(
      **common, batch_size=config.batch_multiple or config.batch_size,
      seed=config.seed, name=name, indices=indices,
      augmentation=augmentation_of(config, data.info))
  return SearchParts(
      config=config, info=data.info, schedule=schedule,
      method=methods[config.method], estimator=estimator,
      discretization=config.discretization, strategy=strategy,
      weight_stream=stream('weights', first),
      # What is only evaluated need not fill a batch.
      architecture_stream=(stream('architecture', second)
                           if estimator.uses_validation else None),
      num_held_out=len(second),
      evaluation=evaluation_batches(
          **common, batch_size=config.batch_size, indices=second), **model)


def rebuild_search(
    parts: SearchParts, stage: Stage, candidates: Candidates
) -> SearchParts:
  """Builds the supernet of another stage, and what belongs to it.

  Args:
    parts: a search; the data are shared with it.
    stage: the other stage.
    candidates: of all edges in that stage.

  Returns:
    The parts, in their first state.
  """
  return dataclasses.replace(parts, **_build_model(
      parts.config, parts.space.with_candidates(candidates), parts.info,
      parts.estimator, stage, parts.strategy))


def _build_model(
    config: SearchConfig, space: SearchSpace, info: DatasetInfo,
    estimator: Estimator, stage: Stage, strategy: tf.distribute.Strategy,
) -> dict[str, Any]:
  """What depends on the candidates: fields of `SearchParts`."""
  method = methods[config.method]
  synchronized = (
      config.synchronized_batch_norm and strategy.num_replicas_in_sync > 1)
  style = space.search_style.replace(synchronized=synchronized)
  build = lambda dtype: Supernet(
      space, info.image_shape, info.num_classes, config.channels,
      config.cells, config.stem, auxiliary=config.auxiliary,
      drop_path=config.drop_path > 0, remat=config.remat,
      style=style.replace(dtype=dtype))
  precise = None
  with strategy.scope():
    supernet = build(config.precision)
    relaxation = relaxations[method.relaxation](
        space, supernet.groups, **_relaxation_options(config))
    alphas = [
        keras.Variable(value, dtype=supernet.variable_dtype,
                       aggregation='only_first_replica', name=f'alpha_{group}')
        for group, value in relaxation.initial_alphas(
            config.seed, config.alpha_scale).items()]
    weight_optimizer = SGD(
        config.learning_rate, momentum=config.momentum,
        weight_decay=config.weight_decay, clip_norm=config.clip_norm,
        reduce_gradients=False)
    weight_optimizer.build(supernet.trainable_variables)
    alpha_optimizer = Adam(
        config.alpha_learning_rate, beta_1=config.alpha_beta_1,
        beta_2=config.alpha_beta_2, weight_decay=config.alpha_weight_decay,
        reduce_gradients=False)
    alpha_optimizer.build(alphas)
    if is_half(config.precision) and (
        estimator.takes_second_derivatives or config.eigenvalue_every):
      precise = build('float32')
  return {
      'space': space, 'stage': stage, 'supernet': supernet,
      'relaxation': relaxation, 'alphas': alphas,
      'weight_optimizer': weight_optimizer,
      'alpha_optimizer': alpha_optimizer,
      'learning_rate': LearningRate(
          'cosine', config.learning_rate, minimum=config.learning_rate_min,
          epochs=stage.epochs),
      'step': SearchStep(
          supernet, relaxation, alphas, estimator, weight_optimizer,
          alpha_optimizer, strategy,
          None if config.max_batch_size else config.batch_size,
          config.auxiliary_weight, precise, loss_scale(config.precision),
          config.xla)}


def example_genotype(config: SearchConfig) -> Genotype:
  """A genotype that a search could return: that of equal weights.

  Args:
    config: as `resolve` returned it.
  """
  space = search_spaces[config.search_space]
  kinds = space.groups(config.cells)
  masks = {group: space.candidate_mask(kind) for group, kind in kinds.items()}
  return discretize(
      space, {g: m / m.sum(-1, keepdims=True) for g, m in masks.items()},
      kinds, config.discretization)
