"""Scores of held-out images between the epochs of retraining."""

from collections.abc import Iterable

import tensorflow as tf

from darts_tf.models.evaluation import Evaluation
from darts_tf.models.network import Network


class Validation:
  """Evaluates a network on held-out images.

  Args:
    network: compiled.
    evaluation: of its logits.
    batches: of images, labels, and weights that are 0 for filling.
  """

  def __init__(
    self, network: Network, evaluation: Evaluation, batches: Iterable
  ):
    self._network = network
    self._evaluation = evaluation
    self._batches = batches
    self._logits = tf.function(
      lambda images: network(images, training=False), autograph=False
    )

  def __call__(self, further: Iterable[str] = ()) -> dict[str, float]:
    """Returns `loss` and `accuracy`, and further metrics of the network.

    Args:
      further: names of metrics that the network was compiled with.
    """
    scores = self._evaluation(self._batches)._asdict()
    further = set(further) - set(scores)
    if not further:
      return scores
    network = self._network
    network.reset_metrics()
    for images, labels, weights in self._batches:
      # Metrics of Keras do not look at weights: filling is cut off.
      count = int(tf.reduce_sum(weights))
      part = images[:count], labels[:count], self._logits(images)[:count]
      network.distribute_strategy.run(network.compute_metrics, part)
    results = network.get_metrics_result()
    network.reset_metrics()
    return {**scores, **{name: float(results[name]) for name in further}}
