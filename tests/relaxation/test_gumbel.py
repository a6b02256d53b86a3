"""Relaxations that draw: SNAS and GDAS."""

import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from groups import FixedNoise, draw, group_of, node_of
from unequal_space import UNEQUAL

from darts_tf.config.errors import InputError
from darts_tf.config.progress import Progress
from darts_tf.relaxation import Gumbel, HardGumbel, Use

ALPHA = np.log([[0.5, 0.3, 0.2]])
NOISE = np.array([0.0, 1.0, -0.5])
OUTPUTS = np.array([1.0, 2.0, 4.0])


def rates(relaxation, epoch, epochs):
  return relaxation.rates(Progress(epoch, epochs, epoch, epochs))


class GumbelTest(tf.test.TestCase, parameterized.TestCase):
  @parameterized.parameters(
    (1.0, [0.34800, 0.56757, 0.08443]),
    (0.5, [0.26890, 0.71528, 0.01583]),
    (0.1, [0.00745, 0.99255, 5.3e-9]),
  )
  def test_by_hand(self, temperature, expected):
    group = node_of(1, 3, temperature=temperature)
    mixing = Gumbel().mixing(
      {'alpha': tf.constant(ALPHA)}, group, FixedNoise(NOISE)
    )
    self.assertAllClose(mixing.weights, [expected], atol=5e-6)
    self.assertIsNone(mixing.selected)

  def gradient(self, relaxation, of_mixing):
    alpha = tf.constant(ALPHA)
    group = node_of(1, 3, temperature=0.5)
    with tf.GradientTape() as tape:
      tape.watch(alpha)
      value = of_mixing(
        relaxation.mixing({'alpha': alpha}, group, FixedNoise(NOISE))
      )
    return value, tape.gradient(value, alpha)

  def test_gradient_of_the_soft_form(self):
    value, gradient = self.gradient(
      Gumbel(), lambda m: tf.reduce_sum(m.weights * OUTPUTS)
    )
    self.assertAllClose(value, 1.76276, atol=5e-6)
    self.assertAllClose(gradient, [[-0.41020, 0.33939, 0.07082]], atol=5e-6)

  def test_gradients_of_the_hard_forms(self):
    # All candidates run: the gradient is that of the soft form.
    dense = lambda m: tf.reduce_sum(m.weights * OUTPUTS)
    # What is not selected is multiplied by zero: it is as if it did not run.
    alone = lambda m: tf.reduce_sum(
      m.weights * OUTPUTS * tf.one_hot(m.selected, 3, dtype=tf.float64)
    )
    value, gradient = self.gradient(HardGumbel(), dense)
    self.assertAllEqual(value, 2.0)
    self.assertAllClose(gradient, [[-0.41020, 0.33939, 0.07082]], atol=5e-6)
    value, gradient = self.gradient(HardGumbel(), alone)
    self.assertAllEqual(value, 2.0)
    self.assertAllClose(gradient, [[-0.76934, 0.81462, -0.04528]], atol=5e-6)

  def test_one_candidate_an_edge(self):
    group = group_of(UNEQUAL, temperature=0.1)
    for dtype in ('float32', 'float64'):
      alpha = tf.constant(np.zeros([3, 3]), dtype)
      for step in range(20):
        weights, _, selected = HardGumbel().mixing(
          {'alpha': alpha}, group, draw(step)
        )
        self.assertEqual(weights.dtype, dtype)
        self.assertAllEqual(weights, np.eye(3)[selected.numpy()])
        self.assertTrue(group.exists[range(3), selected.numpy()].all())

  def test_expected_weights_and_evaluation_have_no_noise(self):
    group = node_of(1, 3, temperature=5.0)
    parameters = {'alpha': tf.constant(ALPHA)}
    for relaxation in (Gumbel(), HardGumbel()):
      expected = relaxation.expected(parameters, group)
      self.assertAllClose(expected.weights, [[0.5, 0.3, 0.2]])
    self.assertIsNone(Gumbel().evaluation(parameters, group).selected)
    found = HardGumbel().evaluation(parameters, group)
    self.assertAllEqual(found.weights, [[1, 0, 0]])
    self.assertAllEqual(found.selected, [0])

  def test_frequencies_are_the_expected_weights(self):
    # argmax(alpha + G) has the distribution softmax(alpha), at any
    # temperature.
    group = node_of(2000, 3, temperature=3.0)
    alpha = tf.constant(np.broadcast_to(ALPHA, [2000, 3]))
    weights = HardGumbel().mixing({'alpha': alpha}, group, draw()).weights
    self.assertAllClose(
      np.mean(weights, 0), [0.5, 0.3, 0.2], atol=4 * 0.5 / np.sqrt(2000)
    )

  def test_temperatures(self):
    snas, gdas = Gumbel(), HardGumbel()
    self.assertAllClose(rates(snas, 0, 150)['temperature'], 0.99353, atol=5e-6)
    self.assertAllClose(rates(snas, 149, 150)['temperature'], 0.03)
    self.assertAllClose(rates(gdas, 0, 250)['temperature'], 10.0)
    self.assertAllClose(rates(gdas, 249, 250)['temperature'], 0.1)
    self.assertAllClose(rates(gdas, 0, 1)['temperature'], 10.0)

  @parameterized.parameters('temperature_start', 'temperature_end')
  def test_a_temperature_of_zero_is_refused(self, name):
    for value in (0.0, -1.0, float('nan')):
      with self.assertRaisesRegex(InputError, f'Received: {name}='):
        HardGumbel(**{name: value})


class DrawTest(tf.test.TestCase):
  def test_a_function_of_seed_step_use_and_name(self):
    first = draw(3, seed=1).uniform((4, 5))
    self.assertAllEqual(draw(3, seed=1).uniform((4, 5)), first)
    for other in (
      draw(4, seed=1),
      draw(3, seed=2),
      draw(3, seed=1, use=Use.ARCHITECTURE),
      draw(3, seed=1).named('normal'),
    ):
      self.assertNotAllClose(other.uniform((4, 5)), first)
    self.assertAllEqual(
      draw(3, seed=1).named('a').uniform((2,)),
      draw(3, seed=1).named('a').uniform((2,)),
    )

  def test_distributions(self):
    uniform = draw().uniform((100_000,)).numpy()
    self.assertGreater(uniform.min(), 0)
    self.assertLess(uniform.max(), 1)
    self.assertAllClose(uniform.mean(), 0.5, atol=0.005)
    gumbel = draw().gumbel((100_000,)).numpy()
    self.assertTrue(np.isfinite(gumbel).all())
    self.assertAllClose(gumbel.mean(), np.euler_gamma, atol=0.02)
    self.assertAllClose(gumbel.std(), np.pi / np.sqrt(6), atol=0.02)

  def test_all_uniform_numbers_give_a_finite_noise(self):
    from darts_tf.relaxation.draw import _HALF

    extremes = tf.constant([0.0, 1 - 2.0**-23], tf.float32) + _HALF
    noise = -tf.math.log(-tf.math.log(extremes))
    self.assertTrue(np.isfinite(noise).all())


if __name__ == '__main__':
  tf.test.main()
