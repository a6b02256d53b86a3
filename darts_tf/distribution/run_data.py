"""The data of a run: loading, augmentation, distribution."""

import dataclasses
from typing import Any

import tensorflow as tf

from darts_tf.config.errors import InputError
from darts_tf.data import (
  Augmentation,
  DatasetInfo,
  ImageData,
  Stream,
  default_augmentation,
  load,
)
from darts_tf.runs.run_config import RunConfig


def load_data(config: RunConfig) -> ImageData:
  """Loads the data set of a run; that starts TensorFlow.

  So `make_strategy` comes first.

  Args:
    config: its options `dataset`, `data_dir`, `download`, `image_size` and
      `seed` are used.

  Returns:
    The images.
  """
  return load(
    config.dataset,
    data_dir=config.data_dir,
    download=config.download,
    image_size=config.image_size,
    seed=config.seed,
  )


def augmentation_of(config: RunConfig, info: DatasetInfo) -> Augmentation:
  """The data set's usual augmentation, with what the options change."""
  chosen = {
    name: getattr(config, name)
    for name in ('crop_padding', 'flip')
    if getattr(config, name) is not None
  }
  if config.resized_crop:
    chosen.setdefault('crop_padding', 0)
  if config.color_jitter and info.image_shape[-1] != 3:
    raise InputError(
      'Only colour images can change their colours; expected'
      ' color_jitter=0 for images of'
      f' {info.image_shape[-1]} channel. Received:'
      f' color_jitter={config.color_jitter:g}'
    )
  return dataclasses.replace(
    default_augmentation(info),
    cutout=config.cutout,
    resized_crop=config.resized_crop,
    color_jitter=config.color_jitter,
    **chosen,
  )


def distribute(
  stream: Stream,
  strategy: tf.distribute.Strategy,
  start: int,
  stop: int | None = None,
):
  """The batches of a stream, divided among the replicas in order.

  Each worker reads and augments the images of its own replicas only.

  Args:
    stream: of batches of all replicas together.
    strategy: of the run.
    start: see `Stream.batches`.
    stop: see `Stream.batches`.

  Returns:
    A data set, under several replicas a distributed one.
  """
  replicas = strategy.num_replicas_in_sync
  if replicas == 1:
    return stream.batches(start, stop)

  def batches_of_worker(context):
    count = replicas // context.num_input_pipelines
    first = count * context.input_pipeline_id
    return stream.batches(start, stop, range(first, first + count), replicas)

  return strategy.distribute_datasets_from_function(batches_of_worker)


def join(batches: list) -> Any:
  """Several batches of images and labels as one; one as it is."""
  if len(batches) == 1:
    return batches[0]
  return tuple(tf.concat(parts, 0) for parts in zip(*batches))


def distribute_batch(batch: Any, strategy: tf.distribute.Strategy):
  """Divides a batch that every worker has among the replicas in order."""
  replicas = strategy.num_replicas_in_sync
  if replicas == 1:
    return batch

  def part(tensor):
    size = tensor.shape[0] // replicas
    return strategy.experimental_distribute_values_from_function(
      lambda context: tensor[size * context.replica_id_in_sync_group :][:size]
    )

  return tf.nest.map_structure(part, batch)
