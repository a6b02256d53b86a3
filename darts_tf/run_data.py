"""The data of a run: loading, augmentation, distribution."""

import dataclasses

import tensorflow as tf

from darts_tf.data import (
  Augmentation,
  DatasetInfo,
  ImageData,
  default_augmentation,
  load,
)
from darts_tf.distribution import divide_cpu
from darts_tf.run_config import RunConfig


def load_data(config: RunConfig) -> ImageData:
  """Loads the data set of a run.

  Args:
    config: its options `dataset`, `data_dir`, `download`, `image_size`,
      `seed` and `virtual_devices` are used.

  Returns:
    The images.
  """
  # Reading images starts TensorFlow, after which no device can be divided.
  if config.virtual_devices:
    divide_cpu(config.virtual_devices)
  return load(
      config.dataset, data_dir=config.data_dir, download=config.download,
      image_size=config.image_size, seed=config.seed)


def augmentation_of(config: RunConfig, info: DatasetInfo) -> Augmentation:
  """The data set's usual augmentation, with what the options change."""
  chosen = {
      name: getattr(config, name) for name in ('crop_padding', 'flip')
      if getattr(config, name) is not None}
  return dataclasses.replace(
      default_augmentation(info), cutout=config.cutout, **chosen)


def distribute(
    dataset: tf.data.Dataset, strategy: tf.distribute.Strategy
):
  """Divides each batch among the replicas, in the order of the images."""
  if strategy.num_replicas_in_sync == 1:
    return dataset
  return strategy.experimental_distribute_dataset(unsharded(dataset))


def unsharded(dataset: tf.data.Dataset) -> tf.data.Dataset:
  """Lets replicas divide batches instead of files or elements."""
  options = tf.data.Options()
  options.experimental_distribute.auto_shard_policy = (
      tf.data.experimental.AutoShardPolicy.OFF)
  return dataset.with_options(options)
