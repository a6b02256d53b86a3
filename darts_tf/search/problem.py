"""The bilevel problem of a supernet."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import tensorflow as tf

from darts_tf.architecture_gradient import BilevelProblem
from darts_tf.models.supernet import Supernet
from darts_tf.relaxation.relaxation import Relaxation
from darts_tf.replicas import sum_over_replicas


class Forward(NamedTuple):
  """One pass through the supernet.

  Args:
    loss: this replica's share of the mean cross-entropy of the batch.
    logits: `(batch, num_classes)`.
    states: running statistics after the pass.
  """

  loss: tf.Tensor
  logits: tf.Tensor
  states: list[tf.Tensor]


class SupernetProblem(BilevelProblem):
  """Cross-entropy of a supernet as a pure function of weights and alphas.

  Args:
    supernet: gives the structure; none of its variables is read.
    relaxation: maps alphas to mixing weights.
    states: running statistics and other state at the start of each pass;
      batch statistics are used, so losses do not depend on them.
    global_batch_size: images of a batch over all replicas.
  """

  def __init__(
      self, supernet: Supernet, relaxation: Relaxation,
      states: Sequence[tf.Tensor], global_batch_size: int,
  ):
    self.supernet = supernet
    self.relaxation = relaxation
    self.states = list(states)
    self.global_batch_size = global_batch_size

  def forward(self, weights, alphas, batch: Any) -> Forward:
    """One pass in training mode.

    Args:
      weights: like `supernet.trainable_variables`.
      alphas: one tensor a group, in the order of `relaxation.groups`.
      batch: `(images, labels)`.

    Returns:
      A `Forward`.
    """
    images, labels = batch
    groups: Mapping = dict(zip(self.relaxation.groups, alphas))
    mixing = self.relaxation.mixing(groups)
    logits, states = self.supernet.stateless_call(
        weights, self.states, tf.cast(images, self.supernet.compute_dtype),
        mixing, training=True)
    # Losses and alphas keep their precision whatever the layers compute in.
    logits = tf.cast(logits, self.supernet.variable_dtype)
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
    return Forward(
        tf.reduce_sum(losses) / tf.cast(self.global_batch_size,
                                        losses.dtype), logits, states)

  def training_loss(self, weights, alphas, batch) -> tf.Tensor:
    """See `BilevelProblem`."""
    return self.forward(weights, alphas, batch).loss

  def validation_loss(self, weights, alphas, batch) -> tf.Tensor:
    """See `BilevelProblem`."""
    return self.forward(weights, alphas, batch).loss

  def reduce(self, tensors):
    """Sums over replicas."""
    return sum_over_replicas(tensors)
