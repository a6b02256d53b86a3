"""Sums over the replicas of a distribution strategy."""

from collections.abc import Sequence

import tensorflow as tf


def sum_over_replicas(tensors: Sequence[tf.Tensor]) -> list[tf.Tensor]:
  """Returns the sums over replicas, in replica context; differentiable.

  Args:
    tensors: dense tensors.

  Returns:
    The sums, equal on all replicas; outside a replica context, or with one
    replica, the tensors.
  """
  result = list(tensors)
  context = tf.distribute.get_replica_context()
  if context is None or context.num_replicas_in_sync == 1:
    return result
  # Tensors that travel together are packed into one, hence of one dtype.
  for dtype in dict.fromkeys(tensor.dtype for tensor in result):
    members = [i for i, x in enumerate(result) if x.dtype == dtype]
    sums = context.all_reduce(
        tf.distribute.ReduceOp.SUM, [result[i] for i in members])
    for i, total in zip(members, sums, strict=True):
      result[i] = total
  return result
