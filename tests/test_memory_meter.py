from unittest import mock

import tensorflow as tf

from darts_tf import memory_meter
from darts_tf.memory_meter import MemoryMeter


def take(mib):
  """Takes memory for a moment."""
  tensor = tf.ones([mib, 2**18])
  return float(tensor[0, 0])


class MemoryMeterTest(tf.test.TestCase):

  def test_peaks(self):
    meter = MemoryMeter()
    take(300)
    self.assertBetween(meter.used_mib(), 280, 380)
    meter.restart()
    # The allocator keeps what was freed; it does not count.
    take(100)
    self.assertBetween(meter.used_mib(), 80, 180)
    held = tf.ones([150, 2**18])
    meter.restart()
    self.assertBetween(meter.used_mib(), 130, 230)
    again = MemoryMeter()
    take(50)
    self.assertBetween(again.used_mib(), 30, 100)
    del held

  def test_where_the_allocator_does_not_tell(self):
    with mock.patch.object(
        tf.config.experimental, 'get_memory_info',
        side_effect=ValueError), mock.patch.object(
            memory_meter, 'peak_memory_mib', side_effect=[100., 130.]):
      meter = MemoryMeter()
      meter.restart()
      self.assertEqual(meter.used_mib(), 30)

  def test_on_a_gpu(self):
    info = {'current': 0, 'peak': 3 * 2**20}
    with mock.patch.object(
        tf.config, 'list_physical_devices', return_value=['GPU']), (
            mock.patch.object(
                tf.config.experimental, 'get_memory_info',
                return_value=info)), mock.patch.object(
                    tf.config.experimental, 'reset_memory_stats'):
      self.assertEqual(MemoryMeter().used_mib(), 3)

  def test_no_gpu(self):
    self.assertIsNone(memory_meter.device_memory_mib())


if __name__ == '__main__':
  tf.test.main()
