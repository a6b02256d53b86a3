"""Draws for images: a function of the state, for any number of replicas."""

import keras
import numpy as np
import tensorflow as tf

from darts_tf.layers import ImageDraws, philox

SHAPE = (2, 3)


class Drawing(keras.layers.Layer):
  """Adds draws to images."""

  def __init__(self, seed=None):
    super().__init__()
    self.draws = ImageDraws(self, seed)
    self.built = True

  def call(self, x, training=None):
    if training:
      return x + self.draws.training(x, SHAPE, philox.normal)
    return x + self.draws.inference(SHAPE, philox.normal)


class ImageDrawsTest(tf.test.TestCase):
  def setUp(self):
    super().setUp()
    self.x = tf.zeros([6, *SHAPE])

  def test_a_training_call_moves_the_counter_and_inference_does_not(self):
    layer = Drawing(seed=7)
    self.assertAllEqual(layer.variables[0], [7, 0])
    first = layer(self.x, training=True)
    self.assertAllEqual(layer.variables[0], [7, 1])
    self.assertNotAllEqual(layer(self.x, training=True), first)
    before = layer(self.x)
    self.assertAllEqual(layer.variables[0], [7, 2])
    layer(self.x, training=True)
    self.assertAllEqual(layer(self.x), before)

  def test_images_of_a_training_batch_have_draws_of_their_own(self):
    y = Drawing(seed=0)(self.x, training=True).numpy()
    self.assertLen(np.unique(y), y.size)

  def test_inference_does_not_depend_on_the_place_in_the_batch(self):
    layer = Drawing(seed=0)
    y = layer(self.x).numpy()
    self.assertAllEqual(y, np.broadcast_to(y[:1], y.shape))
    self.assertNotAllEqual(y[:1], Drawing(seed=1)(self.x)[:1])
    self.assertNotAllEqual(y, layer(self.x, training=True))

  def test_the_state_is_a_weight_and_says_all(self):
    layer, other = Drawing(), Drawing()
    self.assertLen(layer.weights, 1)
    self.assertEmpty(layer.trainable_weights)
    self.assertNotAllEqual(layer.weights[0], other.weights[0])
    layer(self.x, training=True)
    other.set_weights(layer.get_weights())
    self.assertAllEqual(layer(self.x), other(self.x))
    self.assertAllEqual(
      layer(self.x, training=True), other(self.x, training=True)
    )

  def test_equal_states_draw_equally_without_side_effects(self):
    layer = Drawing(seed=3)
    state = tf.constant([3, 5], tf.int64)
    call = lambda s: layer.stateless_call([], [s], self.x, training=True)
    (first, (moved,)), (second, _) = call(state), call(state)
    self.assertAllEqual(first, second)
    self.assertAllEqual(moved, [3, 6])
    self.assertNotAllEqual(call(moved)[0], first)
    self.assertAllEqual(layer.variables[0], [3, 0])

  def test_the_seed_of_the_program_decides(self):
    states = []
    for seed in (1, 1, 2):
      keras.utils.set_random_seed(seed)
      states.append(Drawing().get_weights())
    self.assertAllEqual(states[0], states[1])
    self.assertNotAllEqual(states[0], states[2])

  def test_batches_of_any_size_in_one_trace(self):
    layer = Drawing(seed=0)
    traces = []

    def step(x):
      traces.append(x)
      return layer(x, training=True)

    step = tf.function(
      step, autograph=False, input_signature=[tf.TensorSpec((None, *SHAPE))]
    )
    for count in (6, 1, 4):
      self.assertEqual(step(self.x[:count]).shape, (count, *SHAPE))
    self.assertLen(traces, 1)
    self.assertAllEqual(layer.variables[0], [0, 3])

  def test_two_replicas_draw_what_one_device_draws(self):
    if len(tf.config.list_logical_devices('CPU')) < 2:
      self.skipTest('needs two logical CPU devices')
    alone = Drawing(seed=9)
    strategy = tf.distribute.MirroredStrategy(
      ['CPU:0', 'CPU:1'], cross_device_ops=tf.distribute.ReductionToOneDevice()
    )
    with strategy.scope():
      shared = Drawing(seed=9)
    shares = strategy.experimental_distribute_values_from_function(
      lambda context: self.x[3 * context.replica_id_in_sync_group :][:3]
    )
    for count in (3, None):

      def draw(x, count=count):
        # As in a graph that does not know the size of a batch.
        x = tf.compat.v1.placeholder_with_default(x, (count, *SHAPE))
        return shared(x, training=True)

      run = tf.function(
        lambda x, draw=draw: strategy.run(draw, (x,)), autograph=False
      )
      for _ in range(2):
        parts = strategy.experimental_local_results(run(shares))
        self.assertAllEqual(tf.concat(parts, 0), alone(self.x, training=True))
    self.assertAllEqual([v.numpy() for v in shared.variables], [[9, 4]])


if __name__ == '__main__':
  tf.test.main()
