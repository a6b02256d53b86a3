import pathlib
import sys
import time

import psutil
from absl.testing import absltest
from programs import load_program

from darts_tf.config.errors import ResourceError

_PRINT = """
import json, os
print('something before')
print(json.dumps({'seconds_per_step_median': 1.5, 'peak_rss_mib': 7,
                  'arenas': os.environ['MALLOC_ARENA_MAX']}))
"""


# Starts a process that would go on, and says which.
_FAMILY = """
import pathlib, subprocess, sys, time
child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(99)'])
pathlib.Path(sys.argv[1]).write_text(str(child.pid))
time.sleep(99)
"""


class MeasuringTest(absltest.TestCase):
  def setUp(self):
    super().setUp()
    self.measure = load_program(self, 'measuring', 'benchmarks').measure

  def test_the_last_line_is_the_result(self):
    result = self.measure([sys.executable, '-c', _PRINT])
    self.assertEqual(
      result, {'seconds_per_step_median': 1.5, 'peak_rss_mib': 7, 'arenas': '2'}
    )

  def test_a_measurement_that_fails(self):
    with self.assertRaisesRegex(ResourceError, 'failed; .*too much'):
      self.measure([sys.executable, '-c', 'raise SystemExit("too much")'])

  def test_the_reason_says_nothing_of_this_machine(self):
    with self.assertRaises(ResourceError) as raised:
      self.measure([sys.executable, '-c', 'raise SystemExit("too much")'])
    self.assertEqual(raised.exception.reason, 'too much')
    killed = 'import os; os.kill(os.getpid(), 9)'
    with self.assertRaises(ResourceError) as raised:
      self.measure([sys.executable, '-c', killed])
    self.assertEqual(raised.exception.reason, 'ended by signal 9')

  def test_a_limit_ends_all_processes(self):
    path = pathlib.Path(self.create_tempdir().full_path) / 'child'
    with self.assertRaises(ResourceError) as raised:
      self.measure([sys.executable, '-c', _FAMILY, str(path)], limit=2)
    self.assertEqual(raised.exception.reason, 'not within 2 s')
    child = int(path.read_text())
    # Until init has read its end, it is a zombie.
    for _ in range(100):
      if not psutil.pid_exists(child) or _ended(child):
        return
      time.sleep(0.1)
    self.fail(f'The child {child} lives on.')


def _ended(pid):
  try:
    return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
  except psutil.NoSuchProcess:
    return True


if __name__ == '__main__':
  absltest.main()
