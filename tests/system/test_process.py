"""What programs set before they import TensorFlow."""

import json
import subprocess
import sys
import unittest

PROGRAM = """
import json, sys
from darts_tf.system import process
process.tune()
loaded = [n for n in ('matplotlib', 'sklearn') if n in sys.modules]
import matplotlib
print(json.dumps([loaded, 'tensorflow' in sys.modules, matplotlib.__name__]))
"""


class ProcessTest(unittest.TestCase):
  def test_extras_are_imported_when_they_are_used(self):
    run = subprocess.run(
      [sys.executable, '-c', PROGRAM], capture_output=True, text=True
    )
    self.assertEqual(run.returncode, 0, run.stderr)
    self.assertEqual(json.loads(run.stdout), [[], True, 'matplotlib'])


if __name__ == '__main__':
  unittest.main()
