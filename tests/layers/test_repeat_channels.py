import numpy as np
import tensorflow as tf

from darts_tf.layers.convolution import repeat_channels


class RepeatChannelsTest(tf.test.TestCase):
  def test_value_and_derivatives_of_tile(self):
    draw = np.random.default_rng(0)
    x = tf.constant(draw.normal(size=[2, 3, 3, 2]))
    weights = tf.constant(draw.normal(size=[2, 3, 3, 6]))

    @tf.function
    def derivatives(repeat):
      with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as tape:
          tape.watch(x)
          y = repeat(x)
          loss = tf.reduce_sum(weights * y**3)
        gradient = tape.gradient(loss, x)
        square = tf.reduce_sum(gradient**2)
      return y, gradient, outer.gradient(square, x)

    for ours, theirs in zip(
      derivatives(lambda x: repeat_channels(x, 3)),
      derivatives(lambda x: tf.tile(x, [1, 1, 1, 3])),
    ):
      self.assertAllClose(ours, theirs, rtol=1e-12)

  def test_one_copy_is_the_tensor(self):
    x = tf.ones([1, 1, 1, 2])
    self.assertIs(repeat_channels(x, 1), x)


if __name__ == '__main__':
  tf.test.main()
