"""Devices, replicas and determinism of a run."""

import random

import numpy as np
import tensorflow as tf

from darts_tf.errors import InputError
from darts_tf.precision import check_precision
from darts_tf.run_config import RunConfig


def divide_cpu(count: int) -> None:
  """Divides the CPU into logical devices.

  Args:
    count: number of devices.

  Raises:
    InputError: if TensorFlow has started with another number of them.
  """
  cpu = tf.config.list_physical_devices('CPU')[0]
  try:
    tf.config.set_logical_device_configuration(
        cpu, [tf.config.LogicalDeviceConfiguration()] * count)
  except RuntimeError as error:
    existing = len(tf.config.list_logical_devices('CPU'))
    if existing != count:
      raise InputError(
          'TensorFlow has started already, with another number of CPU'
          f' devices; expected {existing}, or to divide the CPU before its'
          f' first use. Received: virtual_devices={count}') from error


def make_strategy(config: RunConfig) -> tf.distribute.Strategy:
  """Returns the distribution strategy of a run.

  Args:
    config: its options `strategy` and `virtual_devices` are used.

  Returns:
    A strategy.
  """
  if config.virtual_devices:
    divide_cpu(config.virtual_devices)
  if config.strategy == 'default':
    return tf.distribute.get_strategy()
  gpus = [d.name for d in tf.config.list_logical_devices('GPU')]
  if gpus:
    return tf.distribute.MirroredStrategy(gpus)
  # The collectives that are the default on CPUs remember the shapes of the
  # first strategy of a process and refuse those of a second one.
  return tf.distribute.MirroredStrategy(
      [d.name for d in tf.config.list_logical_devices('CPU')],
      cross_device_ops=tf.distribute.ReductionToOneDevice())


def check_devices(config: RunConfig) -> None:
  """Raises `InputError` for what the devices cannot do.

  Args:
    config: its options `precision`, `xla`, `strategy` and `deterministic`
      are used.
  """
  check_precision(config.precision)
  if config.xla and config.strategy != 'default' and (
      not tf.config.list_physical_devices('GPU')):
    raise InputError(
        'XLA does not compile a step for several CPU devices; expected'
        ' --noxla or --strategy=default. Received: xla=True,'
        f' strategy={config.strategy!r}')
  if config.xla and config.deterministic:
    raise InputError(
        'Compiled by XLA, the gradient of max pooling is not deterministic;'
        ' expected --nodeterministic. Received: xla=True,'
        ' deterministic=True')


def check_batch_size(batch_size: int, strategy) -> None:
  """Raises `InputError` unless each replica gets the same share."""
  replicas = strategy.num_replicas_in_sync
  if batch_size % replicas:
    raise InputError(
        f'The batch is shared by {replicas} replicas; expected a multiple of'
        f' {replicas}. Received: batch_size={batch_size}')


def seed_everything(config: RunConfig) -> None:
  """Seeds what draws initial weights, and asks for deterministic kernels.

  Args:
    config: its options `seed` and `deterministic` are used.
  """
  random.seed(config.seed)
  np.random.seed(config.seed)
  tf.keras.utils.set_random_seed(config.seed)
  if config.deterministic:
    tf.config.experimental.enable_op_determinism()
