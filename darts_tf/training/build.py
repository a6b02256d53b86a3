"""The parts of a retraining: network, optimizer, schedule, batches."""

from collections.abc import Callable

import tensorflow as tf

from darts_tf.data import (
  DatasetInfo,
  ImageData,
  Stream,
  evaluation_batches,
  stratified_split,
)
from darts_tf.distribution.run_data import augmentation_of
from darts_tf.distribution.strategy import check_batch_size, make_strategy
from darts_tf.genotype import Genotype
from darts_tf.graph.precision import loss_scale
from darts_tf.models.network import Network
from darts_tf.optimizers import SGD
from darts_tf.schedule.learning_rate import LearningRate
from darts_tf.search_space.space import search_spaces
from darts_tf.training.config import TrainConfig
from darts_tf.training.loss import SmoothedCrossentropy


def build_training(
  config: TrainConfig,
  genotype: Genotype,
  data: ImageData,
  strategy: tf.distribute.Strategy | None = None,
  build: Callable[..., Network] | None = None,
) -> tuple[Network, Stream, tf.data.Dataset | None]:
  """Builds the parts of a retraining; writes nothing.

  Args:
    config: the options.
    genotype: the architecture.
    data: the images.
    strategy: as `make_strategy(config)` returned it, which is the default.
    build: see `run_training`.

  Returns:
    The compiled network, the training batches, and batches of held-out
    images if there are any.

  Raises:
    InputError: if the parts do not fit together.
  """
  strategy = strategy or make_strategy(config)
  check_batch_size(config.batch_size, strategy)
  with strategy.scope():
    network = (build or compiled_network)(
      config, genotype, data.info, strategy.num_replicas_in_sync > 1
    )
    # The variables of a checkpoint exist before the first step.
    network.optimizer.build(network.trainable_variables)
  training, held_out = streams(config, data)
  steps = config.steps_per_epoch or training.steps_per_epoch
  # Keras would go beyond the end of an epoch.
  network.steps_per_execution = max(
    n for n in range(1, config.steps_per_execution + 1) if not steps % n
  )
  return network, training, held_out


def compiled_network(
  config: TrainConfig,
  genotype: Genotype,
  info: DatasetInfo,
  several_replicas: bool = False,
) -> Network:
  """Builds and compiles the network that a configuration describes."""
  network = build_network(config, genotype, info, several_replicas)
  compile_network(network, config)
  return network


def build_network(
  config: TrainConfig,
  genotype: Genotype,
  info: DatasetInfo,
  several_replicas: bool = False,
) -> Network:
  """Builds the network that a configuration describes."""
  style = search_spaces[genotype.search_space].network_style
  return Network(
    genotype,
    info.image_shape,
    info.num_classes,
    config.channels,
    config.cells,
    config.stem,
    auxiliary=config.auxiliary,
    auxiliary_weight=config.auxiliary_weight,
    auxiliary_norm=config.auxiliary_norm,
    drop_path=config.drop_path > 0,
    remat=config.remat,
    style=style.replace(
      dtype=config.precision,
      synchronized=config.synchronized_batch_norm and several_replicas,
    ),
  )


def compile_network(network: Network, config: TrainConfig) -> None:
  """Compiles a network with the optimizer and loss of a configuration."""
  scale = loss_scale(config.precision)
  optimizer = SGD(
    config.learning_rate,
    momentum=config.momentum,
    nesterov=config.nesterov,
    weight_decay=config.weight_decay,
    clip_norm=config.clip_norm,
    use_ema=config.ema > 0,
    ema_momentum=config.ema or 0.99,
    loss_scale_factor=scale if scale != 1 else None,
  )
  network.compile(
    optimizer,
    SmoothedCrossentropy(config.label_smoothing),
    metrics=['accuracy'],
    jit_compile=config.xla,
    # Keras would wrap the optimizer for float16.
    auto_scale_loss=False,
  )


def learning_rate(config: TrainConfig) -> LearningRate:
  """Returns the schedule that a configuration describes."""
  return LearningRate(
    config.learning_rate_schedule,
    config.learning_rate,
    minimum=config.learning_rate_min,
    epochs=config.epochs,
    warmup_epochs=config.warmup_epochs,
    decay=config.learning_rate_decay,
  )


def streams(
  config: TrainConfig, data: ImageData
) -> tuple[Stream, tf.data.Dataset | None]:
  """Returns training batches, and held-out ones if there are any."""
  indices = held_out = None
  common = {'mean': data.info.mean, 'std': data.info.std}
  if config.validation_portion:
    indices, rest = stratified_split(
      data.y_train, 1 - config.validation_portion, config.seed
    )
    held_out = evaluation_batches(
      data.x_train, data.y_train, config.batch_size, indices=rest, **common
    )
  training = Stream(
    data.x_train,
    data.y_train,
    config.batch_size,
    config.seed,
    'training',
    augmentation=augmentation_of(config, data.info),
    indices=indices,
    **common,
  )
  return training, held_out


def test_batches(config: TrainConfig, data: ImageData) -> tf.data.Dataset:
  """Returns batches of the test images, for evaluation."""
  return evaluation_batches(
    data.x_test, data.y_test, config.batch_size, data.info.mean, data.info.std
  )
