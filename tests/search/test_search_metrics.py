import numpy as np
import tensorflow as tf
import tiny_runs
from absl.testing import parameterized

from darts_tf.config.errors import InputError
from darts_tf.relaxation.relaxation import entropy
from darts_tf.runs.checkpoint import CheckpointStore
from darts_tf.schedule.learning_rate import cosine
from darts_tf.search import run_search
from darts_tf.search.builder import build_search, example_genotype
from darts_tf.search.resolve import resolve
from darts_tf.search.summary import describe


class SearchMetricsTest(tiny_runs.RunTest):
  def search(self, **changes):
    config = tiny_runs.SEARCH.replace(**changes)
    return tiny_runs.printed(run_search, config, self.directory, self.data)

  def test_files(self):
    result, out = self.search(
      grace_epochs=1, evaluate_every=2, epochs=4, learning_rate=0.05
    )
    lines = result.workdir.read_metrics()
    self.assertEqual(lines, result.metrics)
    self.assertEqual([m['epoch'] for m in lines], [0, 1, 2, 3])
    keys = {
      'epoch',
      'train_loss',
      'train_accuracy',
      'learning_rate',
      'entropy',
      'skip_connections',
      'genotype',
      'seconds',
    }
    # While alphas are frozen the architecture's images are not looked at.
    self.assertCountEqual(lines[0], keys)
    self.assertCountEqual(
      lines[1], keys | {'validation_loss', 'validation_accuracy'}
    )
    self.assertCountEqual(lines[2], keys | {'validation_loss'})
    self.assertCountEqual(lines[3], lines[1])
    for epoch, line in enumerate(lines):
      self.assertAlmostEqual(
        line['learning_rate'], cosine(epoch, 4, 0.05, 0.001)
      )
      self.assertBetween(line['entropy']['normal'], 0, np.log(3))
      self.assertBetween(line['train_accuracy'], 0, 1)
      self.assertEqual(
        line['skip_connections']['normal'],
        sum(
          edge[0] == 'skip_connect'
          for edge in line['genotype']['cells']['normal']['edges']
        ),
      )
    self.assertEqual(lines[3]['genotype'], result.genotype.to_dict())
    workdir = result.workdir
    with np.load(workdir.alphas_path) as alphas:
      self.assertEqual(alphas['normal/alpha'].shape, (3, 3))
      p = np.exp(alphas['normal/alpha'])
      p /= p.sum(-1, keepdims=True)
    with np.load(workdir.alphas_history_path) as arrays:
      history = arrays['normal']
    np.testing.assert_array_equal(history, result.history['normal'])
    self.assertEqual(history.shape, (5, 3, 3))
    self.assertAllClose(history[-1], p, rtol=1e-6)
    self.assertAlmostEqual(entropy(p), lines[3]['entropy']['normal'], 6)
    np.testing.assert_array_equal(history[0], history[1])  # Frozen.
    self.assertNotAllClose(history[1], history[2], atol=1e-3)
    self.assertEqual(CheckpointStore(workdir.checkpoints_path).epochs(), [2, 3])
    self.assertRegex(out, '^Method      darts .*1806.09055')
    self.assertIn('\nGradient    first_order\n', out)
    self.assertIn('alphas frozen for 1; learning rate 0.05 to 0.001', out)
    self.assertIn('50 images for the weights, 50 for the architecture', out)
    self.assertLess(out.index('Supernet'), out.index('Epoch 1/4'))
    # Whether there is an estimate of memory depends on the system.
    lines = [line for line in out.splitlines() if not line.startswith('Memory')]
    self.assertLen(lines, 7 + 4)

  def test_one_level_and_silence(self):
    # The 10 images held out need not fill a batch.
    result, out = tiny_runs.printed(
      run_search,
      tiny_runs.SEARCH.replace(
        gradient='one_level', epochs=1, evaluate_every=0
      ),
      self.directory,
      self.data,
      verbose=False,
    )
    self.assertEqual(out, '')
    self.assertIn('validation_accuracy', result.metrics[0])
    self.assertAlmostEqual(
      result.metrics[0]['validation_accuracy'] * 10 % 1, 0, 5
    )
    self.assertEqual(result.config.weight_portion, 0.9)
    self.assertNotAllClose(
      result.history['normal'][0], result.history['normal'][1], atol=1e-3
    )

  def parts(self, **changes):
    return build_search(resolve(tiny_runs.SEARCH.replace(**changes)), self.data)

  def test_weight_portion(self):
    parts = self.parts(weight_portion=0.7)
    self.assertEqual(parts.weight_stream.num_images, 70)
    self.assertEqual(parts.architecture_stream.num_images, 30)
    self.assertEqual(parts.steps_per_epoch, 3)
    self.assertEqual(
      self.parts(weight_portion=0.7, steps_per_epoch=None).steps_per_epoch,
      70 // 16,
    )

  @parameterized.parameters(
    ({}, 'Gradient    first_order\n'),
    ({'gradient': 'one_level'}, 'Gradient    one_level\n'),
    ({'gradient': 'one_level'}, '90 images for the weights, 10 held out'),
    (
      {'gradient': 'second_order'},
      r'Gradient    second_order \(.*; inner step: momentum 0.9, weight decay'
      r' 0.0003, the current learning rate\)',
    ),
    ({'gradient': 'second_order_exact'}, 'second_order_exact .inner step'),
  )
  def test_summary_names_the_gradient_in_force(self, changes, text):
    parts = self.parts(**changes)
    self.assertRegex(describe(parts, self.data.info), text)

  def test_entropy(self):
    self.assertAlmostEqual(entropy(np.full((2, 4), 0.25)), np.log(4))
    self.assertEqual(entropy(np.eye(3)), 0)

  def test_example_genotype_is_of_the_space(self):
    for space, cells in (
      ('darts', ['normal', 'reduce']),
      ('course', ['normal', 'reduce']),
      ('nas_bench_201', ['normal']),
      ('tiny', ['normal']),
    ):
      config = resolve(tiny_runs.SEARCH.replace(search_space=space, cells=8))
      self.assertCountEqual(example_genotype(config).cells, cells)

  @parameterized.parameters(
    ({'search_space': 'dartz'}, "Did you mean 'darts'.*='dartz'"),
    ({'method': 'drats'}, "Did you mean 'darts'"),
    ({'gradient': 'first'}, "Did you mean 'first_order'"),
    ({'discretization': 'argmx'}, "Did you mean 'argmax'"),
    ({'stem': 'con'}, "expected one of auto, conv.* Did you mean 'conv'"),
    ({'weight_portion': 1.0}, 'Received: weight_portion=1.0'),
    ({'weight_portion': 0.0}, 'Received: weight_portion=0.0'),
    ({'search_space': 'darts', 'cells': 1}, 'Received: cells=1'),
  )
  def test_refused_before_data_are_read(self, changes, message):
    with self.assertRaisesRegex(InputError, message):
      resolve(tiny_runs.SEARCH.replace(**changes))

  @parameterized.parameters(
    ({'batch_size': 51}, 'expected 1 to 50. Received: batch_size=51'),
    ({'learning_rate': -1.0}, 'Received: learning_rate=-1'),
    ({'learning_rate': float('nan')}, 'Received: learning_rate=nan'),
    ({'learning_rate_min': 1.0}, 'Received: minimum=1.0'),
    ({'clip_norm': 0.0}, 'Received: clip_norm=0'),
    ({'alpha_learning_rate': -1.0}, 'Received: learning_rate=-1'),
    (
      {'stem': 'imagenet', 'channels': 3},
      'expected an even number. Received: channels=3',
    ),
  )
  def test_parts_that_do_not_fit_together(self, changes, message):
    result, out = self.search(**changes)
    self.assertIsInstance(result, InputError)
    self.assertRegex(str(result), message)
    # Nothing is pinned: the same directory serves the corrected run.
    self.assertFalse((self.directory / 'config.json').exists())
    self.assertEqual(out, '')


if __name__ == '__main__':
  tf.test.main()
