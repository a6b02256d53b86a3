"""Loss and accuracy of a classifier."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

import tensorflow as tf

from darts_tf.graph.cross_entropy import cross_entropy


class Score(NamedTuple):
  """The loss and the accuracy of a classifier.

  Args:
    loss: mean cross-entropy, in nats.
    accuracy: share of images whose class has the largest logit.
  """

  loss: float
  accuracy: float


class Evaluation:
  """Evaluates a classifier on batches of one static shape, compiled.

  Args:
    logits: `logits(images, *arguments)` returns `(batch, num_classes)`.
  """

  def __init__(self, logits: Callable[..., tf.Tensor]):
    self._logits = logits
    self._evaluate = tf.function(self._batch, autograph=False)

  def __call__(self, batches: Iterable, *arguments) -> Score:
    """Evaluates all batches.

    Args:
      batches: of images, labels, and weights that are 0 for filling.
      *arguments: passed on to `logits`; tensors.

    Returns:
      The score.
    """
    sums = [self._evaluate(*batch, *arguments) for batch in batches]
    loss, correct, count = (float(tf.add_n(s)) for s in zip(*sums))
    return Score(loss / count, correct / count)

  def _batch(self, images, labels, weights, *arguments):
    logits = tf.cast(self._logits(images, *arguments), tf.float32)
    losses = cross_entropy(labels, logits)
    correct = tf.equal(tf.argmax(logits, -1), tf.cast(labels, tf.int64))
    return (
      tf.reduce_sum(losses * weights),
      tf.reduce_sum(tf.cast(correct, tf.float32) * weights),
      tf.reduce_sum(weights),
    )
