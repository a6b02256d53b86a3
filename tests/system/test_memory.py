"""The memory that the system reports."""

from unittest import mock

import numpy as np
import psutil
from absl.testing import absltest, parameterized

from darts_tf.system import memory

_MIB = 2**20


class MemoryTest(parameterized.TestCase):
  def test_the_size_of_a_process(self):
    before = memory.resident_memory_mib()
    held = np.ones(100 * _MIB, np.uint8)
    self.assertBetween(memory.resident_memory_mib() - before, 90, 120)
    self.assertGreaterEqual(
      memory.peak_memory_mib(), memory.resident_memory_mib() - 1
    )
    del held

  @parameterized.parameters(
    (('max', '7'), 1000),  # No limit.
    (('', ''), 1000),  # No control group.
    ((str(900 * _MIB), str(200 * _MIB)), 700),
    ((str(9000 * _MIB), str(200 * _MIB)), 1000),
  )
  def test_what_is_left(self, files, expected):
    contents = {'max': files[0], 'current': files[1]}
    with (
      mock.patch.object(
        psutil, 'virtual_memory', return_value=mock.Mock(available=1000 * _MIB)
      ),
      mock.patch.object(
        memory, '_lines', lambda path: [contents[path.rpartition('.')[2]]]
      ),
    ):
      self.assertEqual(memory.available_memory_mib(), expected)

  def test_a_system_that_does_not_say(self):
    with mock.patch.object(psutil, 'virtual_memory', side_effect=OSError):
      self.assertIsNone(memory.available_memory_mib())


if __name__ == '__main__':
  absltest.main()
