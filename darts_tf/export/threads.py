"""The number of threads that run an exported network."""

import os

import tensorflow as tf


def set_threads(count: int) -> None:
  """Sets TensorFlow's threads, before it has run anything.

  Args:
    count: threads of an operation, and operations that run at once.
  """
  tf.config.threading.set_intra_op_parallelism_threads(count)
  tf.config.threading.set_inter_op_parallelism_threads(count)


def usable_threads() -> int:
  """Returns the number of threads that TensorFlow may use in a step."""
  cores = (
    len(os.sched_getaffinity(0))
    if hasattr(os, 'sched_getaffinity')
    else os.cpu_count() or 1
  )
  return max(
    tf.config.threading.get_intra_op_parallelism_threads() or cores,
    tf.config.threading.get_inter_op_parallelism_threads() or cores,
  )
