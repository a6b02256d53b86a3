"""The bilevel problem of a supernet."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import tensorflow as tf

from darts_tf.architecture_gradient import BilevelProblem
from darts_tf.distribution.replicas import sum_over_replicas
from darts_tf.graph.cross_entropy import cross_entropy
from darts_tf.graph.precision import scale_gradient
from darts_tf.layers.batch_norm import frozen_averages
from darts_tf.layers.mixing_weights import MixingWeights
from darts_tf.models.supernet import Supernet

Mixing = Mapping[str, MixingWeights]


class Forward(NamedTuple):
  """One pass through the supernet.

  Args:
    loss: this replica's share of the mean cross-entropy of the batch,
      plus that of the second classifier times its weight.
    logits: `(batch, num_classes)`, of the main classifier.
    states: running statistics after the pass.
  """

  loss: tf.Tensor
  logits: tf.Tensor
  states: list[tf.Tensor]


class SupernetProblem(BilevelProblem):
  """Cross-entropy of a supernet as a pure function of weights and alphas.

  Args:
    supernet: gives the structure; none of its variables is read.
    mixing: `mixing(alphas)` returns the mixing weights of each group of
      cells. What it draws is fixed, so that all passes of one estimate are
      passes through the same function.
    states: running statistics and other state at the start of each pass;
      batch statistics are used, so losses do not depend on them.
    global_batch_size: images of a batch over all replicas; `None` for as
      many as there are, on one replica.
    auxiliary_weight: weight of the loss of the supernet's second
      classifier, if it has one.
    precise_supernet: the same structure in full precision, for second
      derivatives; `None` for `supernet`.
    loss_scale: by what gradients are multiplied inside the supernet, and
      divided outside of it.
  """

  def __init__(
    self,
    supernet: Supernet,
    mixing: Callable[[Sequence[tf.Tensor]], Mixing],
    states: Sequence[tf.Tensor],
    global_batch_size: int | None,
    auxiliary_weight: float = 0.4,
    precise_supernet: Supernet | None = None,
    loss_scale: float = 1.0,
  ):
    self.supernet = supernet
    self.mixing = mixing
    self.states = list(states)
    self.global_batch_size = global_batch_size
    self.auxiliary_weight = auxiliary_weight
    self.precise_supernet = precise_supernet
    self.loss_scale = loss_scale

  def forward(
    self, weights, mixing: Mixing, batch: Any, training: bool = True
  ) -> Forward:
    """Computes one pass.

    Args:
      weights: like `supernet.trainable_variables`.
      mixing: mixing weights of each group of cells.
      batch: `(images, labels)`.
      training: whether normalization has the statistics of the batch.

    Returns:
      A `Forward`.
    """
    images, labels = batch
    scale = lambda x: (
      scale_gradient(x, 1 / self.loss_scale) if _has_gradient(x) else x
    )
    weights, mixing = tf.nest.map_structure(scale, (list(weights), mixing))
    logits, states = self.supernet.stateless_call(
      weights,
      self.states,
      tf.cast(images, self.supernet.compute_dtype),
      mixing,
      training=training,
    )
    logits = [
      scale_gradient(x, self.loss_scale)
      for x in (logits if isinstance(logits, tuple) else [logits])
    ]
    loss = self._share(labels, logits[0])
    for auxiliary in logits[1:]:
      loss += self.auxiliary_weight * self._share(labels, auxiliary)
    return Forward(loss, logits[0], states)

  def _share(self, labels, logits):
    losses = cross_entropy(labels, logits)
    return tf.reduce_sum(losses) / self.images_of(labels, losses.dtype)

  def images_of(self, labels, dtype):
    """Returns the number of images of a batch with these labels."""
    if self.global_batch_size is not None:
      return self.global_batch_size
    return tf.cast(tf.shape(labels)[0], dtype)

  def training_loss(self, weights, alphas, batch) -> tf.Tensor:
    """See `BilevelProblem`."""
    with frozen_averages():
      return self.forward(weights, self.mixing(alphas), batch).loss

  def validation_loss(self, weights, alphas, batch) -> tf.Tensor:
    """See `BilevelProblem`."""
    return self.training_loss(weights, alphas, batch)

  def precise(self) -> 'SupernetProblem':
    """See `BilevelProblem`."""
    if self.precise_supernet is None:
      return self
    return SupernetProblem(
      self.precise_supernet,
      self.mixing,
      self.states,
      self.global_batch_size,
      self.auxiliary_weight,
    )

  def reduce(self, tensors):
    """Sums over replicas."""
    return sum_over_replicas(tensors)


def _has_gradient(x) -> bool:
  """Tells mixing weights from what is absent and from indices."""
  return x is not None and tf.as_dtype(x.dtype).is_floating
