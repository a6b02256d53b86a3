"""Disturbed mixing weights: the numbers of SDARTS worked by hand."""

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from darts_tf.architecture_gradient import FirstOrder, OneLevel
from darts_tf.config.errors import InputError
from darts_tf.config.progress import Progress
from darts_tf.layers import MixingWeights
from darts_tf.relaxation import HardGumbel, Sigmoid, Softmax
from darts_tf.step import Alternating, Joint, Perturbed
from darts_tf.step.perturbed import add_noise, attack, project


class Loss:
  """A linear training loss; it counts its passes."""

  def __init__(self, slope, radius):
    self.slope, self.radius = np.array(slope), radius
    self.exists = {'normal': np.ones(self.slope.shape, bool)}
    self.passes = 0

  def value(self, mixing):
    self.passes += 1
    return tf.reduce_sum(self.slope * mixing['normal'].weights)

  def gradients(self, mixing):
    self.passes += 1
    return {'normal': tf.constant(self.slope)}

  def rate(self, name, dtype):
    assert name == 'radius'
    return tf.constant(self.radius, dtype)


def mixing(*rows):
  return {'normal': MixingWeights(tf.constant(rows, tf.float64))}


class ProjectTest(tf.test.TestCase, parameterized.TestCase):
  @parameterized.parameters(
    ([0.3, 0.2, 0.4], [0.3333, 0.2222, 0.4444]),
    ([-0.2, 1.2], [0, 1]),
    ([-0.1, -0.1], [1, 0]),
    ([-0.3, -0.1, -0.2], [0, 1, 0]),
    ([0.5, 2.0], [1 / 3, 2 / 3]),
  )
  def test_by_hand(self, row, expected):
    exists = np.ones([1, len(row)], bool)
    result = project(tf.constant([row], tf.float64), exists)
    self.assertAllClose(result, [expected], atol=5e-5)

  def test_entries_without_a_candidate_stay_zero(self):
    exists = np.array([[True, True, False]])
    rows = project(tf.constant([[0.2, 0.2, 0.9]]), exists)
    self.assertAllClose(rows, [[0.5, 0.5, 0]])
    rows = project(tf.constant([[-0.2, -0.1, 0.9]]), exists)
    self.assertAllClose(rows, [[0, 1, 0]])


class DisturbanceTest(tf.test.TestCase):
  def test_noise(self):
    noise = {'normal': tf.constant([[1.0, -1, -1]])}
    found = add_noise(Loss([[0.0] * 3], 0.1), mixing([0.2, 0.3, 0.5]), noise)
    self.assertAllClose(
      found['normal'].weights, [[0.3333, 0.2222, 0.4444]], atol=5e-5
    )

  def test_the_ascent_ends_on_the_ball(self):
    loss = Loss([[1.0, -1.0]], 0.2)
    noise = {'normal': tf.constant([[0.0, 0.0]])}
    found = attack(loss, mixing([0.5, 0.5]), noise, 7)
    # (0.7, 0.3) is a distribution already.
    self.assertAllClose(found['normal'].weights, [[0.7, 0.3]])
    # Seven gradients, and the loss before and after.
    self.assertEqual(loss.passes, 9)

  def test_a_loss_that_falls_leaves_the_weights(self):
    loss = Loss([[1.0, -1.0]], 0.2)
    loss.gradients = lambda at: {
      'normal': tf.constant([[-1.0, 1.0]], tf.float64)
    }
    point = mixing([0.5, 0.5])
    found = attack(loss, point, {'normal': tf.zeros([1, 2])}, 3)
    self.assertAllEqual(found['normal'].weights, [[0.5, 0.5]])

  def test_a_loss_that_stays_leaves_the_disturbance(self):
    loss = Loss([[0.0, 0.0]], 0.2)
    noise = {'normal': tf.constant([[0.5, -0.5]])}
    found = attack(loss, mixing([0.5, 0.5]), noise, 1)
    self.assertAllClose(found['normal'].weights, [[0.6, 0.4]])


class StepTest(tf.test.TestCase):
  def test_radius(self):
    rates = Perturbed().rates
    self.assertAllClose(rates(Progress(0, 50, 0, 50))['radius'], 0.03)
    self.assertAllClose(rates(Progress(49, 50, 49, 50))['radius'], 0.2946)

  def test_only_distributions_over_edges(self):
    Perturbed().check(FirstOrder(), Softmax())
    for relaxation in (Sigmoid(), HardGumbel()):
      with self.assertRaisesRegex(InputError, 'Received: step=perturbed'):
        Perturbed().check(FirstOrder(), relaxation)

  def test_joint_needs_one_pass(self):
    Joint().check(OneLevel(), Softmax())
    Alternating().check(OneLevel(), Softmax())
    with self.assertRaisesRegex(InputError, 'expected gradient=one_level'):
      Joint().check(FirstOrder(), Softmax())

  def test_orders(self):
    class Moves:
      def __init__(self):
        self.made = []

      def architecture(self, training, validation):
        self.made.append(('architecture', training, validation))
        return {'validation_loss': 1}

      def weights(self, batch, perturb=None):
        self.made.append(('weights', batch, perturb is not None))
        return {'train_loss': 2}

      def both(self, batch):
        self.made.append(('both', batch))
        return {'train_loss': 3}

    architecture, weights = ('architecture', 0, 1), ('weights', 0, False)
    for step, expected in (
      (Alternating(), [architecture, weights]),
      (Alternating(order='weights_first'), [weights, architecture]),
      (Perturbed(), [architecture, ('weights', 0, True)]),
      (Joint(), [('both', 0)]),
    ):
      moves = Moves()
      metrics = step(moves, 0, 1)
      self.assertEqual(moves.made, expected)
      self.assertIn('train_loss', metrics)


if __name__ == '__main__':
  tf.test.main()
