import tempfile

import keras
import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from torch_formulas import NumpyAdam, NumpySGD, clip

from darts_tf.config.errors import InputError
from darts_tf.optimizers import SGD, Adam
from darts_tf.optimizers.clip import clip_by_global_norm

SGDS = (
  dict(),
  dict(momentum=0.9),
  dict(momentum=0.9, weight_decay=3e-2),
  dict(momentum=0.9, nesterov=True, weight_decay=3e-2),
)
ADAMS = (
  dict(),
  dict(beta_1=0.5, weight_decay=1e-1),
  dict(beta_2=0.9, epsilon=1e-2),
)


def draw(seed, dtype=np.float64):
  rng = np.random.default_rng(seed)
  return [rng.normal(size=s).astype(dtype) for s in ((3,), (2, 2))]


class FormulaTest(tf.test.TestCase, parameterized.TestCase):
  def check(self, optimizer, reference, clip_norm, graph, keras_variables):
    kind = keras.Variable if keras_variables else tf.Variable
    expected = draw(0)
    variables = [kind(w, dtype='float64') for w in expected]
    optimizer.build(variables)

    def apply(gradients):
      optimizer.apply(gradients)

    if graph:
      apply = tf.function(apply)
    for step in range(6):
      # A changing rate tells PyTorch's momentum from that of Keras.
      rate = 0.025 / (step + 1)
      optimizer.learning_rate = rate
      gradients = draw(step + 1)
      apply([tf.constant(g) for g in gradients])
      if clip_norm:
        gradients = clip(gradients, clip_norm)
      expected = reference.step(expected, gradients, rate)
      for variable, value in zip(variables, expected, strict=True):
        self.assertAllClose(variable.numpy(), value, rtol=1e-9, atol=1e-9)
    self.assertEqual(int(optimizer.iterations), 6)

  @parameterized.product(
    arguments=SGDS, clip_norm=(None, 0.5, 100.0), graph=(False, True)
  )
  def test_sgd(self, arguments, clip_norm, graph):
    self.check(
      SGD(0.025, clip_norm=clip_norm, **arguments),
      NumpySGD(**arguments),
      clip_norm,
      graph,
      keras_variables=graph,
    )

  @parameterized.product(
    arguments=ADAMS, clip_norm=(None, 0.5), graph=(False, True)
  )
  def test_adam(self, arguments, clip_norm, graph):
    self.check(
      Adam(0.025, clip_norm=clip_norm, **arguments),
      NumpyAdam(**arguments),
      clip_norm,
      graph,
      keras_variables=graph,
    )

  @parameterized.parameters(
    (
      SGD(0.1, momentum=0.9, weight_decay=0.01),
      NumpySGD(momentum=0.9, weight_decay=0.01),
    ),
    (Adam(0.1, weight_decay=0.01), NumpyAdam(weight_decay=0.01)),
  )
  def test_float32(self, optimizer, reference):
    expected = draw(0)
    variables = [keras.Variable(w, dtype='float32') for w in expected]
    optimizer.build(variables)
    for step in range(3):
      gradients = draw(step + 1)
      optimizer.apply([tf.constant(g, tf.float32) for g in gradients])
      expected = reference.step(expected, gradients, 0.1)
    for variable, value in zip(variables, expected, strict=True):
      self.assertAllClose(variable.numpy(), value, rtol=2e-6, atol=2e-6)

  def test_differs_from_keras(self):
    weight = [keras.Variable([1.0]) for _ in range(2)]
    own = Adam(0.1, weight_decay=0.1)
    theirs = keras.optimizers.Adam(0.1, weight_decay=0.1)
    for optimizer, variable in zip((own, theirs), weight, strict=True):
      optimizer.build([variable])
      optimizer.apply([tf.constant([1e-3])])
    self.assertNotAllClose(weight[0].numpy(), weight[1].numpy(), atol=1e-3)


class ClipTest(tf.test.TestCase):
  def test_formula_of_pytorch(self):
    gradients = [tf.constant([3.0], tf.float64), tf.constant([4.0])]
    clipped = clip_by_global_norm(gradients, 1.0)
    self.assertAllClose(clipped[0], [3.0 / (5.0 + 1e-6)], rtol=1e-12)
    self.assertEqual(clipped[1].dtype, tf.float32)

  def test_short_gradients_are_left_alone(self):
    gradients = [tf.constant([3.0]), tf.constant([4.0])]
    for clipped, given in zip(
      clip_by_global_norm(gradients, 5.1), gradients, strict=True
    ):
      self.assertAllEqual(clipped, given)

  def test_zero(self):
    self.assertAllEqual(clip_by_global_norm([tf.zeros([2])], 5.0)[0], [0, 0])


class OptimizerTest(tf.test.TestCase, parameterized.TestCase):
  def test_learning_rate_is_not_rounded(self):
    optimizer = SGD(0.025)
    self.assertEqual(float(optimizer.learning_rate.numpy()), 0.025)
    optimizer.learning_rate = 0.1
    self.assertEqual(float(optimizer.learning_rate.numpy()), 0.1)
    self.assertLen(
      [v for v in optimizer.variables if 'learning_rate' in v.name], 1
    )

  @parameterized.parameters(
    SGD(
      0.025,
      momentum=0.9,
      nesterov=True,
      weight_decay=3e-4,
      clip_norm=5.0,
      reduce_gradients=False,
      name='weights',
    ),
    Adam(
      3e-4,
      beta_1=0.5,
      beta_2=0.99,
      epsilon=1e-6,
      weight_decay=1e-3,
      use_ema=True,
      ema_momentum=0.5,
      ema_overwrite_frequency=3,
    ),
    SGD(keras.optimizers.schedules.CosineDecay(0.1, 100)),
  )
  def test_config_round_trip(self, optimizer):
    config = optimizer.get_config()
    again = type(optimizer).from_config(dict(config))
    self.assertEqual(again.get_config(), config)
    stored = keras.optimizers.deserialize(keras.optimizers.serialize(optimizer))
    self.assertEqual(stored.get_config(), config)
    self.assertIs(type(stored), type(optimizer))

  def test_schedule(self):
    schedule = keras.optimizers.schedules.PiecewiseConstantDecay(
      [0, 1], [1.0, 0.5, 0.25]
    )
    optimizer, variable = SGD(schedule), keras.Variable([0.0])
    optimizer.build([variable])
    for expected in (-1.0, -1.5, -1.75):
      optimizer.apply([tf.constant([1.0])])
      self.assertAllClose(variable.numpy(), [expected])

  def test_function_as_learning_rate(self):
    optimizer, variable = SGD(lambda: 0.5), keras.Variable([0.0])
    optimizer.build([variable])
    optimizer.apply([tf.constant([1.0])])
    self.assertAllClose(variable.numpy(), [-0.5])

  def test_sparse_gradient(self):
    table = keras.Variable(np.ones((3, 2)), dtype='float64')
    optimizer = SGD(0.1, weight_decay=0.5, clip_norm=1.0)
    optimizer.build([table])
    optimizer.apply(
      [
        tf.IndexedSlices(
          tf.constant([[3.0, 0.0], [0.0, 2.0], [0.0, 2.0]], tf.float64),
          tf.constant([0, 2, 2]),
          tf.constant([3, 2]),
        )
      ]
    )
    gradient = np.array([[3.0, 0.0], [0.0, 0.0], [0.0, 4.0]])
    [clipped] = clip([gradient], 1.0)
    self.assertAllClose(table.numpy(), 1 - 0.1 * (clipped + 0.5), rtol=1e-9)

  def test_exclusion_from_weight_decay_is_kept(self):
    first, second = keras.Variable([1.0]), keras.Variable([1.0])
    optimizer = SGD(1.0, weight_decay=0.5)
    optimizer.exclude_from_weight_decay(var_list=[second])
    optimizer.build([first, second])
    optimizer.apply([tf.constant([0.0])] * 2)
    self.assertAllClose([first.numpy(), second.numpy()], [[0.5], [1.0]])

  def test_velocities(self):
    variable = keras.Variable([1.0])
    optimizer = SGD(0.1, momentum=0.5)
    optimizer.build([variable])
    self.assertAllClose([v.numpy() for v in optimizer.velocities], [[0.0]])
    optimizer.apply([tf.constant([2.0])])
    optimizer.apply([tf.constant([3.0])])
    self.assertAllClose([v.numpy() for v in optimizer.velocities], [[4.0]])
    plain = SGD(0.1)
    plain.build([variable])
    self.assertEmpty(plain.velocities)

  @parameterized.parameters(None, 2)
  def test_moving_average(self, frequency):
    variable = keras.Variable([0.0])
    optimizer = SGD(
      1.0, use_ema=True, ema_momentum=0.5, ema_overwrite_frequency=frequency
    )
    optimizer.build([variable])
    seen = []
    for _ in range(2):
      optimizer.apply([tf.constant([-1.0])])
      seen.append(variable.numpy()[0])
    # The variable goes 1, 2; its average 1, 1.5.
    self.assertAllClose(seen, [1.0, 2.0 if frequency is None else 1.5])
    optimizer.finalize_variable_values([variable])
    self.assertAllClose(variable.numpy(), [1.5])

  def test_checkpoint(self):
    directory = tempfile.TemporaryDirectory()
    self.addCleanup(directory.cleanup)

    def make():
      variable = keras.Variable([1.0])
      optimizer = Adam(0.5, use_ema=True)
      optimizer.build([variable])
      return (
        variable,
        optimizer,
        tf.train.Checkpoint(variable=variable.value, optimizer=optimizer),
      )

    variable, optimizer, checkpoint = make()
    optimizer.learning_rate = 0.125
    optimizer.apply([tf.constant([2.0])])
    path = checkpoint.write(f'{directory.name}/x')
    optimizer.apply([tf.constant([3.0])])

    variable_2, optimizer_2, checkpoint_2 = make()
    checkpoint_2.read(path).assert_consumed()
    optimizer_2.apply([tf.constant([3.0])])
    self.assertAllEqual(variable.numpy(), variable_2.numpy())
    for one, two in zip(
      optimizer.variables, optimizer_2.variables, strict=True
    ):
      self.assertAllEqual(one.numpy(), two.numpy())

  @parameterized.parameters(
    (SGD, dict(learning_rate=-1.0), 'at least 0. Received: learning_rate='),
    (SGD, dict(learning_rate='x'), "learning_rate='x'"),
    (SGD, dict(momentum=1.0), 'below 1. Received: momentum=1.0'),
    (SGD, dict(weight_decay=-0.1), 'Received: weight_decay=-0.1'),
    (SGD, dict(clip_norm=0.0), 'number above 0. Received: clip_norm=0.0'),
    (SGD, dict(nesterov=True), 'momentum above 0. Received: momentum=0.0'),
    (Adam, dict(beta_1=1.0), 'Received: beta_1=1.0'),
    (Adam, dict(beta_2=-0.1), 'Received: beta_2=-0.1'),
    (Adam, dict(epsilon=-1e-8), 'Received: epsilon=-1e-08'),
  )
  def test_refused(self, optimizer, arguments, message):
    with self.assertRaisesRegex(InputError, message):
      optimizer(**arguments)


if __name__ == '__main__':
  tf.test.main()
