"""The estimate of a graph's memory, on graphs that can be done by hand."""

import tensorflow as tf

from darts_tf.analysis.graph_memory import graph_memory

MIB = 2**20


def memory(function, *shapes):
  """Bytes of activations, without the factor for what runs at once."""
  graph = (
    tf.function(function, autograph=False)
    .get_concrete_function(
      *[tf.TensorSpec(shape, tf.float32) for shape in shapes]
    )
    .graph
  )
  result = graph_memory(graph)
  return None if result is None else result.activations / 1.15


class GraphMemoryTest(tf.test.TestCase):
  def test_a_chain_holds_two_tensors_at_a_time(self):
    def chain(x):
      for _ in range(5):
        x = tf.concat([x[1:], x[:1]], 0)  # Slices and their concatenation.
      return tf.reduce_sum(x)

    # What a link reads is gone when its two parts are put together.
    self.assertAllClose(memory(chain, (256, 1024)), 2 * MIB, rtol=0.01)

  def test_gradients_hold_what_they_read(self):
    def deep(x):
      with tf.GradientTape() as tape:
        tape.watch(x)
        y = x
        for _ in range(8):
          y = tf.sin(y)
        loss = tf.reduce_sum(y)
      return tape.gradient(loss, x)

    # Seven sines; then one cosine and one gradient at a time.
    self.assertBetween(memory(deep, (256, 1024)) / MIB, 8, 11)

  def test_the_same_memory_is_counted_once(self):
    plain = lambda x: tf.reduce_sum(tf.sin(x))
    shaped = lambda x: tf.reduce_sum(tf.nn.relu(tf.reshape(tf.sin(x), [-1])))
    self.assertAllClose(
      memory(plain, (256, 1024)), memory(shaped, (256, 1024)), rtol=1e-3
    )

  def test_what_nobody_needs_is_not_counted(self):
    def wasteful(x):
      tf.concat([x] * 100, 0)
      return tf.reduce_sum(x)

    self.assertLess(memory(wasteful, (256, 1024)), MIB)

  def test_what_a_chosen_function_keeps(self):
    def run(kept):
      def forward(x):
        values = [tf.sin(x) for _ in range(kept)]
        packed = tf.raw_ops.OptionalFromValue(components=values)
        return tf.reduce_sum(x), packed

      @tf.function(autograph=False, experimental_attributes={'_noinline': True})
      def chosen(x, choice):
        return tf.switch_case(choice, [lambda: forward(x)] * 2)

      def call(x):
        total, packed = chosen(x, tf.constant(0))
        other = tf.reduce_sum(tf.sin(x * total))
        return other, packed

      return call

    one = memory(run(1), (256, 1024))
    # Beside what is kept there are a product and its sine.
    self.assertAllClose(one, 3 * MIB, rtol=0.01)
    self.assertAllClose(memory(run(4), (256, 1024)), 6 * MIB, rtol=0.01)

  def test_grows_with_the_batch(self):
    function = lambda x: tf.reduce_sum(tf.sin(tf.cos(x)))
    self.assertAllClose(
      memory(function, (64, 1024)) * 4, memory(function, (256, 1024)), rtol=1e-3
    )

  def test_unknown_sizes_give_no_estimate(self):
    self.assertIsNone(memory(tf.sin, (None, 1024)))


if __name__ == '__main__':
  tf.test.main()
