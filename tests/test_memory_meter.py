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
    first = meter.used_mib()
    # More, if the allocator takes a larger region than it needs.
    self.assertGreater(first, 280)
    meter.restart()
    take(100)
    # It keeps what was freed, which does not count.
    self.assertAllClose(first - meter.used_mib(), 200, atol=40)
    held = tf.ones([150, 2**18])
    meter.restart()
    self.assertAllClose(first - meter.used_mib(), 150, atol=40)
    del held

  def test_what_is_held_at_the_beginning_does_not_count(self):
    held = tf.ones([150, 2**18])
    meter = MemoryMeter()
    self.assertAllClose(meter.used_mib(), 0, atol=20)
    take(50)
    self.assertGreater(meter.used_mib(), 30)
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
