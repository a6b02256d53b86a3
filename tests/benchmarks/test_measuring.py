import sys

from absl.testing import absltest
from programs import load_program

from darts_tf.config.errors import ResourceError

_PRINT = """
import json, os
print('something before')
print(json.dumps({'seconds_per_step_median': 1.5, 'peak_rss_mib': 7,
                  'arenas': os.environ['MALLOC_ARENA_MAX']}))
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


if __name__ == '__main__':
  absltest.main()
