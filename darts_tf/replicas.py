"""Sums over the replicas of a distribution strategy."""

from collections.abc import Sequence

import tensorflow as tf


def sum_over_replicas(tensors: Sequence[tf.Tensor]) -> list[tf.Tensor]:
  """Returns the sums over replicas, in replica context; differentiable.

  `ReplicaContext.all_reduce` does the same, but in a graph each of its
  calls searches all that the other replicas have computed before: with
  synchronized normalization, tracing takes time quadratic in the number of
  layers.

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
    sums = _sum([result[i] for i in members])
    for i, total in zip(members, sums, strict=True):
      result[i] = total
  return result


def _sum(tensors: list[tf.Tensor]) -> list[tf.Tensor]:
  count = len(tensors)
  context = tf.distribute.get_replica_context()
  sums = context.merge_call(_in_cross_replica_context, args=tuple(tensors))

  # The sums are arguments because that is where the search ends which
  # `custom_gradient` makes for variables.
  @tf.custom_gradient
  def with_gradient(*arguments):

    def gradient(*upstream):
      # The gradient of a sum over replicas is itself such a sum.
      return (*_sum(upstream), *([None] * count))

    return [tf.identity(x) for x in arguments[count:]], gradient

  return list(with_gradient(*tensors, *map(tf.stop_gradient, sums)))


def _in_cross_replica_context(strategy, *values):
  return strategy.extended.batch_reduce_to(
      tf.distribute.ReduceOp.SUM,
      [(v, v.device if tf.is_tensor(v) else v) for v in values])
