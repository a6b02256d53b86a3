import contextlib

import keras
import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from darts_tf.optimizers import SGD, Adam

OPTIMIZERS = (
  (
    SGD,
    dict(learning_rate=0.1, momentum=0.9, weight_decay=0.01, clip_norm=0.5),
  ),
  (
    SGD,
    dict(
      learning_rate=0.1,
      use_ema=True,
      ema_momentum=0.5,
      clip_norm=0.5,
      ema_overwrite_frequency=2,
    ),
  ),
  (Adam, dict(learning_rate=0.1, weight_decay=0.01, clip_norm=0.5)),
)


def two_replicas():
  return tf.distribute.MirroredStrategy(
    ['CPU:0', 'CPU:1'],
    # Collectives of several strategies in one process would collide.
    cross_device_ops=tf.distribute.ReductionToOneDevice(),
  )


class ReplicasTest(tf.test.TestCase, parameterized.TestCase):
  def setUp(self):
    super().setUp()
    if len(tf.config.list_logical_devices('CPU')) < 2:
      self.skipTest('needs two logical CPU devices')

  def single(self, kind, arguments, gradients):
    variables = self.make_variables()
    optimizer = kind(**arguments)
    optimizer.build(variables)
    for step in gradients:
      # The gradient of the global batch is the sum of the shares.
      optimizer.apply([tf.constant(sum(shares)) for shares in step])
    return variables, optimizer

  def make_variables(self):
    return [
      keras.Variable(np.ones(3), dtype='float64'),
      keras.Variable(np.zeros((2, 2)), dtype='float64'),
    ]

  def make_gradients(self):
    rng = np.random.default_rng(0)
    return [
      [[rng.normal(size=shape) for _ in range(2)] for shape in ((3,), (2, 2))]
      for _ in range(4)
    ]

  @parameterized.product(
    case=OPTIMIZERS, reduce_gradients=(True, False), graph=(True, False)
  )
  def test_two_replicas_equal_one(self, case, reduce_gradients, graph):
    kind, arguments = case
    gradients = self.make_gradients()
    expected, expected_optimizer = self.single(kind, arguments, gradients)

    strategy = two_replicas()
    with strategy.scope():
      variables = self.make_variables()
      optimizer = kind(reduce_gradients=reduce_gradients, **arguments)
      optimizer.build(variables)

    def replica(shares):
      context = tf.distribute.get_replica_context()
      if not reduce_gradients:
        shares = context.all_reduce(tf.distribute.ReduceOp.SUM, shares)
      optimizer.apply(shares)

    def step(shares):
      strategy.run(replica, args=(shares,))

    if graph:
      step = tf.function(step)
    for shares in gradients:
      step(
        [
          strategy.experimental_distribute_values_from_function(
            lambda context, pair=pair: tf.constant(
              pair[context.replica_id_in_sync_group]
            )
          )
          for pair in shares
        ]
      )

    for variable, value in zip(variables, expected, strict=True):
      for copy in strategy.experimental_local_results(variable.value):
        self.assertAllClose(copy.numpy(), value.numpy(), rtol=1e-9, atol=1e-12)
    for variable, value in zip(
      optimizer.variables, expected_optimizer.variables, strict=True
    ):
      for copy in strategy.experimental_local_results(variable.value):
        self.assertAllClose(copy.numpy(), value.numpy(), rtol=1e-9, atol=1e-12)
    with strategy.scope():
      optimizer.finalize_variable_values(variables)
    expected_optimizer.finalize_variable_values(expected)
    for variable, value in zip(variables, expected, strict=True):
      for copy in strategy.experimental_local_results(variable.value):
        self.assertAllClose(copy.numpy(), value.numpy(), rtol=1e-9, atol=1e-12)

  def fit(self, strategy, clip_norm):
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(16, 3)), rng.normal(size=(16, 2))
    with strategy.scope() if strategy else contextlib.nullcontext():
      inputs = keras.Input((3,), dtype='float64')
      outputs = keras.layers.Dense(
        2, dtype='float64', kernel_initializer=keras.initializers.Constant(0.5)
      )(inputs)
      model = keras.Model(inputs, outputs)
      model.compile(
        optimizer=SGD(
          0.1,
          momentum=0.9,
          weight_decay=0.01,
          clip_norm=clip_norm,
          use_ema=True,
          ema_momentum=0.5,
        ),
        loss='mse',
        jit_compile=False,
      )
    dataset = tf.data.Dataset.from_tensor_slices((x, y)).batch(8)
    model.fit(dataset, epochs=2, verbose=0)
    return [weight.numpy() for weight in model.trainable_variables]

  def test_fit(self):
    one = self.fit(None, 0.3)
    two = self.fit(two_replicas(), 0.3)
    free = self.fit(None, None)
    for a, b, c in zip(one, two, free, strict=True):
      # Keras sums losses in float32.
      self.assertAllClose(a, b, rtol=1e-6, atol=1e-7)
      self.assertNotAllClose(a, c, rtol=1e-3)


if __name__ == '__main__':
  tf.test.main()
