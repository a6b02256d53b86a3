"""Building the parts of a search from its configuration."""

import dataclasses
from typing import Any

import tensorflow as tf

from darts_tf.config.progress import Progress
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
from darts_tf.models.supernet import Supernet
from darts_tf.optimizers import SGD, Adam
from darts_tf.optimizers.pytorch import PyTorchOptimizer
from darts_tf.relaxation import Architecture
from darts_tf.schedule import Candidates, LearningRate, Stage
from darts_tf.search.batches import Batches, EqualBatches
from darts_tf.search.composition import Composition, compose
from darts_tf.search.config import SearchConfig
from darts_tf.search.costs import candidate_costs
from darts_tf.search.growing_batches import GrowingBatches
from darts_tf.search.parts import SearchParts
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
  composition = compose(config)
  stages = composition.schedule.stages(config.epochs, config.grace_epochs)
  batches = make_batches(config)
  model = _build_model(
    config,
    composition,
    search_spaces[config.search_space],
    data.info,
    stages[0],
    strategy,
    batches.compiled_size,
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
  stream = lambda name, indices: Stream(
    **common,
    batch_size=batches.block_size,
    seed=config.seed,
    name=name,
    indices=indices,
    augmentation=augmentation_of(config, data.info),
  )
  weight_stream = stream('weights', first)
  # What is only evaluated need not fill a batch.
  architecture_stream = (
    stream('architecture', second)
    if composition.gradient.uses_validation
    else None
  )
  batches.check(weight_stream, architecture_stream)
  return SearchParts(
    config=config,
    info=data.info,
    composition=composition,
    stages=stages,
    strategy=strategy,
    batches=batches,
    weight_stream=weight_stream,
    architecture_stream=architecture_stream,
    num_held_out=len(second),
    evaluation=evaluation_batches(
      **common, batch_size=config.batch_size, indices=second
    ),
    **model,
  )


def make_batches(config: SearchConfig) -> Batches:
  """Returns the policy of batches that a configuration asks for.

  Args:
    config: as `resolve` returned it.
  """
  return (
    GrowingBatches(config) if config.max_batch_size else EqualBatches(config)
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
      parts.composition,
      parts.space.with_candidates(candidates),
      parts.info,
      stage,
      parts.strategy,
      parts.batches.compiled_size,
    ),
  )


def _build_model(
  config: SearchConfig,
  composition: Composition,
  space: SearchSpace,
  info: DatasetInfo,
  stage: Stage,
  strategy: tf.distribute.Strategy,
  compiled_size: int | None,
) -> dict[str, Any]:
  """Builds the fields of `SearchParts` that depend on the candidates."""
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
    style=style.replace(dtype=dtype),
    form=composition.form,
    auxiliary=config.auxiliary,
    drop_path=config.drop_path > 0,
    remat=config.remat,
  )
  precise = None
  with strategy.scope():
    supernet = build(config.precision)
    architecture = _architecture(config, composition, space, supernet, stage)
    weight_optimizer = SGD(
      config.learning_rate,
      momentum=config.momentum,
      nesterov=config.nesterov,
      weight_decay=config.weight_decay,
      clip_norm=config.clip_norm,
      reduce_gradients=False,
    )
    weight_optimizer.build(supernet.trainable_variables)
    alpha_optimizer = _alpha_optimizer(config)
    alpha_optimizer.build(list(architecture.parameters.values()))
    if is_half(config.precision) and (
      composition.gradient.takes_second_derivatives or config.eigenvalue_every
    ):
      precise = build('float32')
    asked = {name for p in composition.penalties for name in p.costs}
    step = SearchStep(
      supernet,
      architecture,
      composition.gradient,
      weight_optimizer,
      alpha_optimizer,
      strategy,
      compiled_size,
      config.auxiliary_weight,
      precise,
      loss_scale(config.precision),
      config.xla,
      composition.step,
      composition.penalties,
      candidate_costs(sorted(asked), config, space, info),
      config.seed,
    )
  return {
    'space': space,
    'stage': stage,
    'supernet': supernet,
    'architecture': architecture,
    'weight_optimizer': weight_optimizer,
    'alpha_optimizer': alpha_optimizer,
    'learning_rate': LearningRate(
      'cosine',
      config.learning_rate,
      minimum=config.learning_rate_min,
      epochs=stage.epochs,
    ),
    'step': step,
  }


def _architecture(
  config: SearchConfig,
  composition: Composition,
  space: SearchSpace,
  supernet: Supernet,
  stage: Stage,
) -> Architecture:
  """Makes the architecture of a stage, in its first state."""
  first = Progress(stage.first_epoch, config.epochs, 0, stage.epochs)
  architecture = Architecture(
    composition.relaxation,
    space,
    supernet.groups,
    composition.rates(first),
    supernet.variable_dtype,
  )
  architecture.initialize(
    config.seed, config.alpha_scale, config.alpha_mean, stage.index
  )
  return architecture


def _alpha_optimizer(config: SearchConfig) -> PyTorchOptimizer:
  common = {
    'weight_decay': config.alpha_weight_decay,
    'clip_norm': config.alpha_clip_norm,
    'reduce_gradients': False,
  }
  if config.alpha_optimizer == 'sgd':
    return SGD(config.alpha_learning_rate, **common)
  return Adam(
    config.alpha_learning_rate,
    beta_1=config.alpha_beta_1,
    beta_2=config.alpha_beta_2,
    **common,
  )


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
