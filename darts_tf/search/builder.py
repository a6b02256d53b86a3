"""From a configuration to the parts of a search."""

import dataclasses
from typing import Any

import keras
import tensorflow as tf

from darts_tf.architecture_gradient import Estimator
from darts_tf.config.errors import InputError
from darts_tf.data import DatasetInfo, ImageData, Stream, stratified_split
from darts_tf.data.stream import evaluation_batches
from darts_tf.discretize import discretize
from darts_tf.distribution.run_data import augmentation_of
from darts_tf.distribution.strategy import (
  check_batch_size,
  make_strategy,
  seed_everything,
)
from darts_tf.genotype import Genotype
from darts_tf.graph.precision import is_half, loss_scale
from darts_tf.methods import methods
from darts_tf.models.supernet import Supernet
from darts_tf.optimizers import SGD, Adam
from darts_tf.relaxation import relaxations
from darts_tf.schedule import LearningRate, Stage
from darts_tf.schedule.schedule import Candidates
from darts_tf.search.config import SearchConfig
from darts_tf.search.parts import SearchParts
from darts_tf.search.resolve import (
  estimator_of,
  relaxation_options,
  schedule_of,
)
from darts_tf.search.step import SearchStep
from darts_tf.search_space.space import SearchSpace, search_spaces


def build_search(
  config: SearchConfig,
  data: ImageData,
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
    config,
    search_spaces[config.search_space],
    data.info,
    estimator,
    schedule.stages[0],
    strategy,
  )
  first, second = stratified_split(
    data.y_train, config.weight_portion, config.seed
  )
  common = {
    'images': data.x_train,
    'labels': data.y_train,
    'mean': data.info.mean,
    'std': data.info.std,
  }
  # Batches that grow are put together from the smallest ones there can be.
  stream = lambda name, indices: Stream(
    **common,
    batch_size=config.batch_multiple or config.batch_size,
    seed=config.seed,
    name=name,
    indices=indices,
    augmentation=augmentation_of(config, data.info),
  )
  weight_stream = stream('weights', first)
  # What is only evaluated need not fill a batch.
  architecture_stream = (
    stream('architecture', second) if estimator.uses_validation else None
  )
  _check_first_batch(config, weight_stream, architecture_stream)
  return SearchParts(
    config=config,
    info=data.info,
    schedule=schedule,
    method=methods[config.method],
    estimator=estimator,
    discretization=config.discretization,
    strategy=strategy,
    weight_stream=weight_stream,
    architecture_stream=architecture_stream,
    num_held_out=len(second),
    evaluation=evaluation_batches(
      **common, batch_size=config.batch_size, indices=second
    ),
    **model,
  )


def _check_first_batch(config: SearchConfig, *streams: Stream | None) -> None:
  """Raises `InputError` if the first of growing batches is too large."""
  for stream in streams:
    most = 0 if stream is None else (stream.batch_size * stream.steps_per_epoch)
    if stream is not None and config.batch_size > most:
      raise InputError(
        'The batch size does not fit the number of images; expected'
        f' {stream.batch_size} to {most}.'
        f' Received: batch_size={config.batch_size}'
      )


def rebuild_search(
  parts: SearchParts, stage: Stage, candidates: Candidates
) -> SearchParts:
  """Builds the supernet of another stage, and what belongs to it.

  Args:
    parts: a search; the data are shared with it.
    stage: the other stage.
    candidates: of all edges in that stage.

  Returns:
    The parts, in their first state: a function of the configuration and
    the stage, whatever was built before.
  """
  seed_everything(parts.config, stage.index)
  return dataclasses.replace(
    parts,
    **_build_model(
      parts.config,
      parts.space.with_candidates(candidates),
      parts.info,
      parts.estimator,
      stage,
      parts.strategy,
    ),
  )


def _build_model(
  config: SearchConfig,
  space: SearchSpace,
  info: DatasetInfo,
  estimator: Estimator,
  stage: Stage,
  strategy: tf.distribute.Strategy,
) -> dict[str, Any]:
  """What depends on the candidates: fields of `SearchParts`."""
  method = methods[config.method]
  synchronized = (
    config.synchronized_batch_norm and strategy.num_replicas_in_sync > 1
  )
  style = space.search_style.replace(synchronized=synchronized)
  build = lambda dtype: Supernet(
    space,
    info.image_shape,
    info.num_classes,
    config.channels,
    config.cells,
    config.stem,
    auxiliary=config.auxiliary,
    drop_path=config.drop_path > 0,
    remat=config.remat,
    style=style.replace(dtype=dtype),
  )
  precise = None
  with strategy.scope():
    supernet = build(config.precision)
    relaxation = relaxations[method.relaxation](
      space, supernet.groups, **relaxation_options(config)
    )
    alphas = [
      keras.Variable(
        value,
        dtype=supernet.variable_dtype,
        aggregation='only_first_replica',
        name=f'alpha_{group}',
      )
      for group, value in relaxation.initial_alphas(
        config.seed, config.alpha_scale, stage.index
      ).items()
    ]
    weight_optimizer = SGD(
      config.learning_rate,
      momentum=config.momentum,
      weight_decay=config.weight_decay,
      clip_norm=config.clip_norm,
      reduce_gradients=False,
    )
    weight_optimizer.build(supernet.trainable_variables)
    alpha_optimizer = Adam(
      config.alpha_learning_rate,
      beta_1=config.alpha_beta_1,
      beta_2=config.alpha_beta_2,
      weight_decay=config.alpha_weight_decay,
      reduce_gradients=False,
    )
    alpha_optimizer.build(alphas)
    if is_half(config.precision) and (
      estimator.takes_second_derivatives or config.eigenvalue_every
    ):
      precise = build('float32')
  return {
    'space': space,
    'stage': stage,
    'supernet': supernet,
    'relaxation': relaxation,
    'alphas': alphas,
    'weight_optimizer': weight_optimizer,
    'alpha_optimizer': alpha_optimizer,
    'learning_rate': LearningRate(
      'cosine',
      config.learning_rate,
      minimum=config.learning_rate_min,
      epochs=stage.epochs,
    ),
    'step': SearchStep(
      supernet,
      relaxation,
      alphas,
      estimator,
      weight_optimizer,
      alpha_optimizer,
      strategy,
      None if config.max_batch_size else config.batch_size,
      config.auxiliary_weight,
      precise,
      loss_scale(config.precision),
      config.xla,
    ),
  }


def example_genotype(config: SearchConfig) -> Genotype:
  """A genotype that a search could return: that of equal weights.

  Args:
    config: as `resolve` returned it.
  """
  space = search_spaces[config.search_space]
  kinds = space.groups(config.cells)
  masks = {group: space.candidate_mask(kind) for group, kind in kinds.items()}
  return discretize(
    space,
    {g: m / m.sum(-1, keepdims=True) for g, m in masks.items()},
    kinds,
    config.discretization,
  )
