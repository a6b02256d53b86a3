"""Devices, replicas and determinism of a run."""

import random

import numpy as np
import tensorflow as tf

from darts_tf.config.errors import InputError
from darts_tf.distribution.cluster import cluster_from_environment
from darts_tf.distribution.rendezvous import meet
from darts_tf.graph.precision import check_precision
from darts_tf.runs.run_config import RunConfig


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
      cpu, [tf.config.LogicalDeviceConfiguration()] * count
    )
  except RuntimeError as error:
    existing = len(tf.config.list_logical_devices('CPU'))
    if existing != count:
      raise InputError(
        'TensorFlow has started already, with another number of CPU'
        f' devices; expected {existing}, or to divide the CPU before its'
        f' first use. Received: virtual_devices={count}'
      ) from error


def make_strategy(config: RunConfig) -> tf.distribute.Strategy:
  """Returns the distribution strategy of a run.

  It comes before the data: devices cannot be divided, and workers cannot be
  connected, once TensorFlow has computed anything. A process joins its
  workers once; several runs in it are given the same strategy.

  Args:
    config: its options `strategy` and `virtual_devices` are used; with
      several workers all that are pinned, which are to be the same on all.

  Returns:
    A strategy.

  Raises:
    InputError: if TensorFlow has started too early, `TF_CONFIG` is
      malformed, or a worker does not answer.
  """
  if config.strategy == 'multi_worker':
    return _join_workers(config)
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
    cross_device_ops=tf.distribute.ReductionToOneDevice(),
  )


def _join_workers(config: RunConfig) -> tf.distribute.Strategy:
  """Waits for the workers in `TF_CONFIG` and connects to them."""
  cluster = cluster_from_environment()
  if config.virtual_devices:
    raise InputError(
      'Devices of a CPU are divided for replicas in one process; expected'
      ' --virtual_devices=0 with several workers.'
      f' Received: virtual_devices={config.virtual_devices}'
    )
  meet(cluster, config.pinned())
  try:
    return tf.distribute.MultiWorkerMirroredStrategy()
  except RuntimeError as error:
    raise InputError(
      'TensorFlow has started already; expected the strategy to be made'
      ' before anything is computed. Received:'
      f' {" ".join(str(error).split())}'
    ) from error


def refuse_workers(config: RunConfig, what: str) -> None:
  """Raises `InputError` where a run is of one process.

  Args:
    config: its option `strategy` is used.
    what: the name of what is run.
  """
  if config.strategy == 'multi_worker':
    raise InputError(
      f'{what} runs in one process; expected --strategy=default or'
      " mirrored. Received: strategy='multi_worker'"
    )


def check_devices(config: RunConfig) -> None:
  """Raises `InputError` for what the devices cannot do.

  Args:
    config: its options `precision`, `xla`, `strategy` and `deterministic`
      are used.
  """
  check_precision(config.precision)
  if (
    config.xla
    and config.strategy != 'default'
    and (not tf.config.list_physical_devices('GPU'))
  ):
    raise InputError(
      'XLA does not compile a step for several CPU devices; expected'
      ' --noxla or --strategy=default. Received: xla=True,'
      f' strategy={config.strategy!r}'
    )
  if config.xla and config.deterministic:
    raise InputError(
      'Compiled by XLA, the gradient of max pooling is not deterministic;'
      ' expected --nodeterministic. Received: xla=True,'
      ' deterministic=True'
    )


def check_batch_size(batch_size: int, strategy) -> None:
  """Raises `InputError` unless each replica gets the same share."""
  replicas = strategy.num_replicas_in_sync
  if batch_size % replicas:
    raise InputError(
      f'The batch is shared by {replicas} replicas; expected a multiple of'
      f' {replicas}. Received: batch_size={batch_size}'
    )


def seed_everything(config: RunConfig, stage: int = 0) -> None:
  """Seeds what draws initial weights, and asks for deterministic kernels.

  Args:
    config: its options `seed` and `deterministic` are used.
    stage: of a run that builds several networks, from 0.
  """
  seed = config.seed
  if stage:
    seed = int(np.random.default_rng([seed, stage]).integers(2**31))
  random.seed(seed)
  np.random.seed(seed)
  tf.keras.utils.set_random_seed(seed)
  if config.deterministic:
    tf.config.experimental.enable_op_determinism()
