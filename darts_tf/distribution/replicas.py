"""Sums over the replicas of a distribution strategy."""

from collections.abc import Sequence

import tensorflow as tf

from darts_tf.graph.custom_gradient import custom_gradient


def several_replicas() -> bool:
  """Returns whether this is computed by one replica of several."""
  context = tf.distribute.get_replica_context()
  return context is not None and context.num_replicas_in_sync > 1


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
  if not several_replicas():
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
  # One long message instead of many short ones.
  packed = (
    tensors
    if count == 1
    else [tf.concat([tf.reshape(x, [-1]) for x in tensors], 0)]
  )
  sums = context.merge_call(_in_cross_replica_context, args=tuple(packed))
  if packed is not tensors:
    sizes = [x.shape.num_elements() for x in tensors]
    sums = [
      tf.reshape(total, x.shape)
      for total, x in zip(tf.split(sums[0], sizes), tensors)
    ]

  # The sums are arguments: `custom_gradient` searches for variables in a
  # function, and stops at its arguments.
  @custom_gradient
  def with_gradient(*arguments):

    def gradient(*upstream):
      # The gradient of a sum over replicas is itself such a sum.
      return (*_sum(upstream), *([None] * count))

    return [tf.identity(x) for x in arguments[count:]], gradient

  return list(with_gradient(*tensors, *map(tf.stop_gradient, sums)))


def _in_cross_replica_context(strategy, *values):
  return strategy.extended.batch_reduce_to(
    tf.distribute.ReduceOp.SUM,
    [
      (
        v,
        v.device or strategy.extended.worker_devices[0]
        if tf.is_tensor(v)
        else v,
      )
      for v in values
    ],
  )
