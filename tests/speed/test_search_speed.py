import json

import numpy as np
import tensorflow as tf
import tiny_runs
from absl.testing import parameterized
from programs import load_program, run_program

from darts_tf.speed.search_speed import measure_search
from darts_tf.system import process_times

CONFIG = tiny_runs.SEARCH.replace(batch_size=4)


class SearchSpeedTest(tf.test.TestCase, parameterized.TestCase):
  def setUp(self):
    super().setUp()
    self.enter_context(tiny_runs.quick_graphs())

  def test_first_order(self):
    result = measure_search(CONFIG, (8, 8, 3), 3, steps=2)
    self.assertEqual(
      (
        result['search_space'],
        result['gradient'],
        result['cells'],
        result['channels'],
        result['batch_size'],
        result['replicas'],
      ),
      ('tiny', 'first_order', 1, 4, 4, 1),
    )
    json.dumps(result)
    self.assertGreater(result['seconds_per_step_median'], 0)
    self.assertLessEqual(
      result['seconds_per_step_min'], result['seconds_per_step_median']
    )
    self.assertBetween(result['share_waiting_for_data'], 0, 1)
    self.assertEqual(
      (result['device'], result['peak_device_mib']), ('CPU', None)
    )
    # The first step takes part of the life of this process.
    self.assertGreater(result['seconds_to_first_step'], result['trace_seconds'])
    self.assertLess(
      result['seconds_to_first_step'] - 1, process_times.seconds_since_start()
    )
    self.assertGreater(result['peak_rss_mib'], 100)
    self.assertLess(result['graph_kernels'], result['graph_operations'])

  def test_gradients_cost_what_they_say(self):
    of = lambda **changes: measure_search(
      CONFIG.replace(**changes), (8, 8, 3), 3, steps=1
    )
    first, second = of(), of(gradient='second_order')
    # Products of a pass forward, 1; of its gradient by inputs or by weights
    # about 1 each. First order: 2 for alpha and 3 for w; second order: 3 for
    # w', 3 for v and alpha, and twice 2.
    ratio = second['gigaflop_per_step'] / first['gigaflop_per_step']
    self.assertBetween(ratio, 2.2, 3.0)
    self.assertGreater(
      second['graph_operations'], 2 * first['graph_operations']
    )
    one_level = of(gradient='one_level')
    self.assertLess(one_level['gigaflop_per_step'], first['gigaflop_per_step'])

  def test_program(self):
    program = load_program(self, 'benchmark')
    values = {
      'search_space': 'tiny',
      'batch_size': '4',
      'image_size': '8',
      'steps': '1',
    }
    code, out, _ = run_program(program, **values)
    self.assertIsNone(code)
    result = json.loads(out)
    self.assertEqual(result['image_shape'], [8, 8, 3])
    self.assertTrue(np.isfinite(result['gflops_per_second']))
    code, out, err = run_program(program, **(values | {'steps': '0'}))
    self.assertEqual((code, out), (2, ''))
    self.assertEqual(err, 'error: Expected at least 1. Received: steps=0\n')

  def test_age_of_the_process(self):
    first = process_times.seconds_since_start()
    self.assertGreater(first, 0)
    self.assertGreaterEqual(process_times.seconds_since_start(), first)


if __name__ == '__main__':
  tf.test.main()
