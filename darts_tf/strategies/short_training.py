"""Short trainings, by which architectures are compared."""

import dataclasses
import gc
from typing import Any

import numpy as np
import tensorflow as tf

from darts_tf.data import ImageData, stratified_split
from darts_tf.genotype import Genotype
from darts_tf.runs.workdir import WorkDir, seconds_of
from darts_tf.strategies.random_config import RandomSearchConfig
from darts_tf.training import run_training


def short_data(config: RandomSearchConfig, data: ImageData) -> ImageData:
  """The part of the data that short trainings see.

  A training reads its test images when it ends. Architectures must not be
  chosen by those of the data set, so the images that a short training holds
  out take their place here: test images are out of reach.

  Args:
    config: as `resolve` returned it.
    data: the images.

  Returns:
    A stratified part of the training images, normalized like all of them.
  """
  part = np.arange(len(data.y_train))
  if config.short_portion < 1:
    part, _ = stratified_split(data.y_train, config.short_portion, config.seed)
  images, labels = data.x_train[part], data.y_train[part]
  # The split that the training makes, too.
  _, held_out = stratified_split(
    labels, 1 - config.validation_portion, config.seed
  )
  return ImageData(
    images,
    labels,
    images[held_out],
    labels[held_out],
    dataclasses.replace(
      data.info, num_train=len(labels), num_test=len(held_out)
    ),
  )


def train_shortly(
  config: RandomSearchConfig,
  genotype: Genotype,
  workdir: WorkDir,
  data: ImageData,
  strategy: tf.distribute.Strategy,
) -> dict[str, Any]:
  """Trains an architecture for a few epochs, or reads that it was trained.

  Args:
    config: as `resolve` returned it.
    genotype: the architecture.
    workdir: of this training; one that was stopped in it is continued.
    data: as `short_data` returned it.
    strategy: under which it is trained.

  Returns:
    `validation_accuracy` of the held-out images after the last epoch, in
    0 to 1, and `seconds` of training.
  """
  # Written last of what is read here.
  if not (workdir.path / 'result.json').exists():
    run_training(
      config.short_training(), genotype, workdir.path, data, False, strategy
    )
    # Networks refer to themselves; twenty of them fill the memory.
    gc.collect()
  metrics = workdir.read_metrics()
  return {
    'validation_accuracy': metrics[-1]['validation_accuracy'],
    'seconds': seconds_of(metrics),
  }
