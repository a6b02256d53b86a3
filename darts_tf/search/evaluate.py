"""Loss and accuracy of a supernet in inference mode."""

import tensorflow as tf

from darts_tf.models.supernet import Supernet
from darts_tf.relaxation.relaxation import Relaxation


class SupernetEvaluation:
  """Evaluates with the running statistics, as a deployed network would.

  Args:
    supernet: the network.
    relaxation: maps alphas to mixing weights.
  """

  def __init__(self, supernet: Supernet, relaxation: Relaxation):
    self.supernet = supernet
    self.relaxation = relaxation
    self._evaluate = tf.function(self._batch, autograph=False)

  def __call__(self, batches: tf.data.Dataset, alphas) -> dict[str, float]:
    """Evaluates all batches.

    Args:
      batches: images, labels, and weights that are 0 for filling.
      alphas: one variable a group.

    Returns:
      `validation_loss` and `validation_accuracy`.
    """
    sums = [self._evaluate(batch, [tf.convert_to_tensor(a) for a in alphas])
            for batch in batches]
    loss, correct, count = (float(tf.add_n(s)) for s in zip(*sums))
    return {'validation_loss': loss / count,
            'validation_accuracy': correct / count}

  def _batch(self, batch, alphas):
    images, labels, weights = batch
    mixing = self.relaxation.mixing(dict(zip(self.relaxation.groups, alphas)))
    logits = tf.cast(
        self.supernet(images, mixing, training=False), tf.float32)
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
    correct = tf.equal(tf.argmax(logits, -1), tf.cast(labels, tf.int64))
    return (tf.reduce_sum(losses * weights),
            tf.reduce_sum(tf.cast(correct, tf.float32) * weights),
            tf.reduce_sum(weights))
