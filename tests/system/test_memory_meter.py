"""Runs itself in a process of its own, whose memory nobody else has used."""

import json
import os
import pathlib
import subprocess
import sys
from unittest import mock

import tensorflow as tf

from darts_tf.config.errors import InputError
from darts_tf.system import memory_meter
from darts_tf.system.memory_meter import MemoryMeter


def take(mib):
  """Takes memory for a moment."""
  tensor = tf.ones([mib, 2**18])
  return float(tensor[0, 0])


def measure():
  """Returns readings of a meter while memory is taken and given back."""
  take(1)  # TensorFlow starts.
  meter, result = MemoryMeter(), {}
  take(300)
  result['300'] = meter.used_mib()
  meter.restart()
  take(100)
  result['100 in the place of 300'] = meter.used_mib()
  held = tf.ones([150, 2**18])
  meter.restart()
  result['150 held'] = meter.used_mib()
  result['150 still held'] = meter.held_mib()
  later = MemoryMeter()
  result['later'] = later.used_mib()
  take(200)
  result['200 more'] = later.used_mib()
  del held
  return result


class MemoryMeterTest(tf.test.TestCase):
  def test_peaks(self):
    root = str(pathlib.Path(memory_meter.__file__).parents[2])
    # As in the programs: on some processors TensorFlow's other allocator, the
    # default one, does not count.
    settings = {'PYTHONPATH': root, 'TF_ENABLE_ONEDNN_OPTS': '1'}
    output = subprocess.run(
      [sys.executable, __file__, 'measure'],
      check=True,
      text=True,
      stdout=subprocess.PIPE,
      env={**os.environ, **settings},
    ).stdout
    used = json.loads(output.splitlines()[-1])
    for name, expected in (
      ('300', 300),
      ('100 in the place of 300', 100),
      ('150 held', 150),
      ('150 still held', 150),
      ('later', 0),
      ('200 more', 200),
    ):
      self.assertAllClose(used[name], expected, atol=40, msg=name)

  def test_where_the_allocator_does_not_tell(self):
    with (
      mock.patch.object(
        tf.config.experimental, 'get_memory_info', side_effect=ValueError
      ),
      mock.patch.object(
        memory_meter, 'peak_memory_mib', side_effect=[100.0, 130.0]
      ),
    ):
      meter = MemoryMeter()
      meter.restart()
      self.assertEqual(meter.used_mib(), 30)
      self.assertIsNone(meter.held_mib())

  def test_on_a_gpu(self):
    info = {'current': 2**20, 'peak': 3 * 2**20}
    with (
      mock.patch.object(
        tf.config, 'list_physical_devices', return_value=['GPU']
      ),
      (
        mock.patch.object(
          tf.config.experimental, 'get_memory_info', return_value=info
        )
      ),
      mock.patch.object(tf.config.experimental, 'reset_memory_stats'),
    ):
      self.assertEqual(MemoryMeter().used_mib(), 2)
      with mock.patch.object(
        memory_meter, 'device_memory_mib', return_value=10.0
      ):
        self.assertEqual(memory_meter.memory_budget_mib(), 9)

  def test_no_gpu(self):
    self.assertIsNone(memory_meter.device_memory_mib())

  def test_budget(self):
    with mock.patch.object(
      memory_meter, 'available_memory_mib', return_value=None
    ):
      self.assertEqual(memory_meter.memory_budget_mib(5.0), 5)
      with self.assertRaisesRegex(InputError, 'expected memory_budget'):
        memory_meter.memory_budget_mib()
    self.assertGreater(memory_meter.memory_budget_mib(), 0)


if __name__ == '__main__':
  if sys.argv[1:] == ['measure']:
    print(json.dumps(measure()))
  else:
    tf.test.main()
