"""A description of a retraining, in a few lines."""

import numpy as np

from darts_tf.data import DatasetInfo, Stream
from darts_tf.models.network import Network
from darts_tf.training.config import TrainConfig


def summary(
  network: Network, config: TrainConfig, info: DatasetInfo, training: Stream
) -> str:
  """Describes a retraining before it begins.

  Args:
    network: the network.
    config: the options.
    info: the data set.
    training: the training batches.

  Returns:
    A line each on the network, the training and the data.
  """
  size = sum(int(np.prod(v.shape)) for v in network.trainable_variables)
  height, width, channels = info.image_shape
  extras = [
    f'{name} {value:g}'
    for name, value in (
      ('drop path', config.drop_path),
      ('cutout', config.cutout),
      ('label smoothing', config.label_smoothing),
      ('EMA', config.ema),
    )
    if value
  ]
  if config.auxiliary:
    extras.append(f'auxiliary head {config.auxiliary_weight:g}')
  return '\n'.join(
    [
      f'Network     {network.genotype.search_space}: {config.cells} cells,'
      f' {config.channels} channels, {size:,} parameters',
      f'Training    {config.epochs} epochs of'
      f' {config.steps_per_epoch or training.steps_per_epoch} steps, batch'
      f' {config.batch_size}; learning rate {config.learning_rate:g},'
      f' {config.learning_rate_schedule}'
      + (f'; {", ".join(extras)}' if extras else ''),
      f'Data        {info.name}: {height}x{width}x{channels},'
      f' {info.num_classes} classes; {training.num_images:,} images to'
      f' train, {info.num_test:,} to test',
    ]
  )
