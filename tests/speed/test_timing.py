import itertools
import time

import numpy as np
import tensorflow as tf

from darts_tf.speed.data_clock import DataClock
from darts_tf.speed.timing import StepTimes, time_steps


class PretendedTime:
  """Batches and steps that take seconds of a clock of their own."""

  def __init__(self):
    self.now = 0.0

  def clock(self):
    return self.now

  def batches(self, seconds):
    for wait in seconds:
      self.now += wait
      yield wait

  def step(self, unused_batch):
    self.now += 2.0


class TimeStepsTest(tf.test.TestCase):
  def test_share(self):
    pretended = PretendedTime()
    times = time_steps(
      pretended.batches([0, 0, 2]), pretended.step, pretended.clock
    )
    self.assertEqual(times, StepTimes((2.0, 2.0, 4.0), 2.0))
    self.assertEqual(
      times.fields(),
      {
        'seconds_per_step_median': 2.0,
        'seconds_per_step_min': 2.0,
        'share_waiting_for_data': 0.25,
      },
    )

  def test_nobody_can_tell(self):
    self.assertIsNone(
      StepTimes((1.0,), None).fields()['share_waiting_for_data']
    )


class DataClockTest(tf.test.TestCase):
  def read(self, dataset, seconds_of_a_step):
    """Returns the seconds of waiting, and those from beginning to end."""
    clock = DataClock()
    start = time.perf_counter()
    seen = []
    for batch, _ in clock.watch(dataset):
      seen.append(int(batch))
      time.sleep(seconds_of_a_step)
    self.assertEqual(seen, list(range(6)))
    end = time.perf_counter()
    self.assertEqual(clock.waited(end, end + 1), 0)
    return clock.waited(start, end), end - start

  def prepared_in(self, seconds):
    def prepare(number):
      time.sleep(seconds)
      return np.int64(number)

    return tf.data.Dataset.range(6).map(
      lambda n: (tf.numpy_function(prepare, [n], tf.int64), n)
    )

  def test_data_that_are_late(self):
    """Nobody prepares them ahead, so that each step waits for its own."""
    waited, total = self.read(self.prepared_in(0.05), 0.05)
    self.assertGreaterEqual(waited, 6 * 0.05)
    self.assertLess(waited, total - 6 * 0.05 + 0.01)

  def test_data_that_are_there(self):
    dataset = self.prepared_in(0.01).prefetch(2)
    waited, total = self.read(dataset, 0.1)
    self.assertLess(waited, 0.3 * total)

  def test_within_fit(self):
    """Keras takes batches in its graph; the data set takes the notes."""
    late = itertools.count()
    model = tf.keras.Sequential([tf.keras.layers.Dense(1)])
    model.compile('sgd', 'mse')

    def prepare():
      next(late)
      time.sleep(0.1)
      return np.ones([2, 3], np.float32)

    def batch(unused_number):
      images = tf.ensure_shape(
        tf.numpy_function(prepare, [], tf.float32), [2, 3]
      )
      return images, images[:, :1]

    clock = DataClock()
    start = time.perf_counter()
    model.fit(
      clock.watch(tf.data.Dataset.range(4).map(batch)), shuffle=False, verbose=0
    )
    waited = clock.waited(start, time.perf_counter())
    self.assertBetween(waited, 0.4, 0.1 * next(late) + 1)


if __name__ == '__main__':
  tf.test.main()
