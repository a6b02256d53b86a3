import json

import tensorflow as tf
import tiny_runs
from programs import load_program, run_program

from darts_tf.speed.inference_speed import measure_inference
from darts_tf.speed.serving import measure_serving


class InferenceSpeedTest(tf.test.TestCase):
  def setUp(self):
    super().setUp()
    self.asked = {}

  def measure(self, arguments):
    """Serves in this process, where TensorFlow is there already."""
    module, *options = arguments[1:]
    self.assertEqual(module, 'darts_tf.speed.serving')
    self.asked = dict(part.lstrip('-').split('=') for part in options)
    return measure_serving(
      self.asked['directory'],
      [int(size) for size in self.asked['batch_sizes'].split(',')],
      int(self.asked['batches']),
    )

  def test_single_images_and_batches(self):
    result = measure_inference(
      tiny_runs.TRAIN.replace(batch_size=4),
      tiny_runs.GENOTYPE,
      (8, 8, 3),
      3,
      batches=2,
      measure=self.measure,
    )
    self.assertEqual(
      (result['phase'], result['search_space'], result['precision']),
      ('inference', 'tiny', 'float32'),
    )
    self.assertEqual([b['batch_size'] for b in result['batches']], [1, 4])
    for batch in result['batches']:
      self.assertBetween(
        batch['seconds_per_batch_min'], 0, batch['seconds_per_batch_median']
      )
      self.assertAllClose(
        batch['images_per_second'] * batch['seconds_per_batch_median'],
        batch['batch_size'],
        rtol=1e-2,
      )
    # The signature is a call; what it calls counts.
    self.assertGreater(result['graph_operations'], 20)
    # Nothing stays behind.
    self.assertFalse(tf.io.gfile.exists(self.asked['directory']))

  def test_program(self):
    path = tiny_runs.temporary_directory(self) / 'genotype.json'
    tiny_runs.GENOTYPE.save(path)
    program = load_program(self, 'benchmark')
    values = {
      'phase': 'inference',
      'genotype': str(path),
      'cells': '1',
      'channels': '4',
      'image_size': '8',
      'steps': '1',
    }
    code, out, err = run_program(program, **values)
    self.assertEqual((code, err), (None, ''))
    result = json.loads(out)
    self.assertEqual([b['batch_size'] for b in result['batches']], [1, 64])
    self.assertGreater(result['peak_rss_mib'], 100)
    self.assertGreater(result['seconds_to_first_batch'], 0)
    code, out, err = run_program(program, **values, remat='true')
    self.assertEqual((code, out), (2, ''))
    self.assertIn('without effect on inference; expected some of', err)
    self.assertIn('Received: remat=True', err)

  def test_a_search_is_not_served(self):
    program = load_program(self, 'benchmark')
    code, out, err = run_program(program, phase='inference')
    self.assertEqual((code, out), (2, ''))
    self.assertEqual(
      err,
      'error: Only the network of a genotype is exported and served; expected'
      " a genotype, too. Received: phase='inference'\n",
    )


if __name__ == '__main__':
  tf.test.main()
