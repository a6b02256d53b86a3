import numpy as np
import tensorflow as tf

from darts_tf.graph.cross_entropy import cross_entropy


class CrossEntropyTest(tf.test.TestCase):
  def test_value_and_derivatives_of_tensorflows_loss(self):
    draw = np.random.default_rng(0)
    logits = tf.constant(draw.normal(0, 5, [8, 4]))
    labels = tf.constant(draw.integers(0, 4, 8))

    def derivatives(loss):
      with tf.GradientTape() as outer:
        outer.watch(logits)
        with tf.GradientTape() as tape:
          tape.watch(logits)
          values = loss(labels, logits)
        gradient = tape.gradient(values, logits)
        square = tf.reduce_sum(gradient**2)
      return values, gradient, outer.gradient(square, logits)

    for ours, theirs in zip(
      derivatives(cross_entropy),
      derivatives(tf.nn.sparse_softmax_cross_entropy_with_logits),
    ):
      self.assertAllClose(ours, theirs, rtol=1e-12, atol=1e-13)

  def test_far_apart_logits(self):
    values = cross_entropy(tf.constant([0, 1]), tf.constant([[0.0, 1e4]] * 2))
    self.assertAllClose(values, [1e4, 0.0])


if __name__ == '__main__':
  tf.test.main()
