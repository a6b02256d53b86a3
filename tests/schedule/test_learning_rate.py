import math

from absl.testing import absltest, parameterized

from darts_tf.config.errors import InputError
from darts_tf.schedule import learning_rate
from darts_tf.schedule.learning_rate import LearningRate


class LearningRateTest(parameterized.TestCase):
  def test_cosine(self):
    schedule = LearningRate('cosine', 0.025, minimum=0.001, epochs=50)
    self.assertAlmostEqual(schedule.at(0), 0.025, places=15)
    self.assertAlmostEqual(schedule.at(25), 0.013, places=15)
    self.assertAlmostEqual(schedule.at(50), 0.001, places=15)

  def test_cosine_obeys_the_recursion_of_pytorch(self):
    # lr(e+1) = min + (lr(e) - min) (1 + cos(pi (e+1)/E)) /
    #                              (1 + cos(pi e/E))
    rate = 0.025
    for epoch in range(1, 50):
      rate = 0.001 + (rate - 0.001) * (1 + math.cos(math.pi * epoch / 50)) / (
        1 + math.cos(math.pi * (epoch - 1) / 50)
      )
      self.assertAlmostEqual(
        learning_rate.cosine(epoch, 50, 0.025, 0.001), rate, places=14
      )

  def test_exponential(self):
    schedule = LearningRate('exponential', 0.1, epochs=250)
    self.assertEqual(schedule.at(0), 0.1)
    self.assertAlmostEqual(schedule.at(2), 0.1 * 0.97 * 0.97)
    faster = LearningRate('exponential', 0.1, epochs=250, decay=0.5)
    self.assertAlmostEqual(faster.at(3), 0.0125)

  def test_linear(self):
    schedule = LearningRate('linear', 0.5, epochs=10)
    self.assertEqual(schedule.at(0), 0.5)
    self.assertAlmostEqual(schedule.at(4), 0.3)
    self.assertEqual(schedule.at(10), 0.0)

  def test_linear_with_warm_up(self):
    schedule = LearningRate(
      'linear', 0.5, minimum=0.1, epochs=25, warmup_epochs=5
    )
    self.assertAlmostEqual(schedule.at(0), 0.1)
    self.assertAlmostEqual(schedule.at(4), 0.5)
    self.assertAlmostEqual(schedule.at(5), 0.5)
    self.assertAlmostEqual(schedule.at(15), 0.3)
    self.assertAlmostEqual(schedule.at(25), 0.1)

  def test_constant(self):
    schedule = LearningRate('constant', 0.3, epochs=5)
    self.assertEqual([schedule.at(e) for e in range(5)], [0.3] * 5)

  @parameterized.parameters(
    (dict(name='cosin'), "Did you mean 'cosine'.*='cosin'"),
    (dict(epochs=0), 'at least 1. Received: epochs=0'),
    (dict(maximum=0.0), 'above 0. Received: maximum=0.0'),
    (dict(minimum=0.2), 'to the maximum, 0.1. Received: minimum=0.2'),
    (
      dict(name='linear', warmup_epochs=5),
      'from 0 to 4. Received: warmup_epochs=5',
    ),
    (dict(name='exponential', decay=1.5), 'at most 1. Received: decay=1.5'),
    (
      dict(decay=0.9),
      'cosine learning rate has no decay; expected it only with'
      ' exponential. Received: decay=0.9',
    ),
    (
      dict(name='constant', minimum=0.01),
      'expected it only with cosine or linear. Received: minimum=0.01',
    ),
    (dict(warmup_epochs=2), 'has no warmup_epochs.*warmup_epochs=2'),
  )
  def test_refused(self, changes, message):
    arguments = dict(name='cosine', maximum=0.1, epochs=5) | changes
    with self.assertRaisesRegex(InputError, message):
      LearningRate(**arguments)

  @parameterized.parameters(-1, 6)
  def test_epoch_outside_the_run(self, epoch):
    with self.assertRaisesRegex(InputError, f'Received: epoch={epoch}'):
      LearningRate('cosine', 0.1, epochs=5).at(epoch)


if __name__ == '__main__':
  absltest.main()
