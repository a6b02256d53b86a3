import json
from unittest import mock

import keras
import numpy as np
import tensorflow as tf
import tiny_runs

from darts_tf.config.errors import InputError, RunStateError
from darts_tf.genotype import Genotype
from darts_tf.strategies import RandomSearchConfig, run_random_search
from darts_tf.strategies import random_search as run_module
from darts_tf.strategies.random_search import (
  RandomSearchResult,
  outcome,
  rank_correlation,
)
from darts_tf.strategies.sample import sample_genotypes
from darts_tf.strategies.short_training import short_data
from darts_tf.tabular.nas_bench_201 import BenchmarkTable
from darts_tf.training import run_training
from darts_tf.training.build import build_training

CONFIG = RandomSearchConfig(
  search_space='tiny',
  num_samples=3,
  num_best=2,
  short_epochs=1,
  steps_per_epoch=2,
  batch_size=8,
  short_portion=0.5,
  validation_portion=0.3,
)
TRAIN = tiny_runs.TRAIN.replace(
  epochs=1, steps_per_epoch=2, validation_portion=0
)


class ShortDataTest(tf.test.TestCase):
  def test_test_images_are_out_of_reach(self):
    data = tiny_runs.data()
    part = short_data(CONFIG, data)
    self.assertLen(part.x_train, 50)
    self.assertLen(part.x_test, 15)
    known = {image.tobytes() for image in data.x_train}
    held_out = {image.tobytes() for image in part.x_test}
    self.assertContainsSubset(held_out, known)
    self.assertContainsSubset(
      held_out, {image.tobytes() for image in part.x_train}
    )
    self.assertEqual((part.info.num_train, part.info.num_test), (50, 15))
    self.assertEqual(part.info.mean, data.info.mean)

  def test_they_are_the_images_that_the_training_holds_out(self):
    part = short_data(CONFIG, tiny_runs.data())
    *_, stream, held_out = build_training(
      CONFIG.short_training().replace(cells=1, channels=4),
      tiny_runs.GENOTYPE,
      part,
    )
    self.assertEqual(stream.num_images, 35)
    labels = np.concatenate(
      [y[w > 0] for _, y, w in held_out.as_numpy_iterator()]
    )
    np.testing.assert_array_equal(labels, part.y_test)

  def test_all_training_images(self):
    data = tiny_runs.data()
    part = short_data(CONFIG.replace(short_portion=1.0), data)
    np.testing.assert_array_equal(part.x_train, data.x_train)


class RandomSearchTest(tiny_runs.RunTest):
  def setUp(self):
    super().setUp()
    self.directory = self.directory / 'run'

  def run_it(self, config=CONFIG, train=TRAIN, data=None):
    return tiny_runs.printed(
      run_random_search, config, self.directory, train, data or self.data
    )

  def test_stopped_and_continued(self):
    started = []

    def training(config, genotype, workdir, *args, **kwargs):
      started.append(workdir.name)
      if started == ['short_00', 'short_01']:
        raise KeyboardInterrupt
      return run_training(config, genotype, workdir, *args, **kwargs)

    with (
      mock.patch('darts_tf.strategies.short_training.run_training', training),
      mock.patch.object(run_module, 'run_training', training),
    ):
      result, _ = self.run_it()
      self.assertIsInstance(result, KeyboardInterrupt)
      self.assertFalse((self.directory / 'result.json').exists())
      started.clear()
      result, out = self.run_it()
    order = sorted(result.samples, key=lambda s: -s['validation_accuracy'])
    best = [sample['index'] for sample in order[:2]]
    self.assertEqual(
      started, ['short_01', 'short_02', *[f'retrained_{i:02d}' for i in best]]
    )
    self.assertIn('Sample 3/3  validation accuracy', out)
    # What was drawn, what was chosen, and what is written.
    genotypes = sample_genotypes(tiny_runs.SPACE, 3, 0)
    self.assertEqual(
      [Genotype.from_json(s['genotype']) for s in result.samples], genotypes
    )
    self.assertEqual(result.genotype, genotypes[best[0]])
    self.assertEqual(
      Genotype.load(self.directory / 'genotype.json'), result.genotype
    )
    written = json.loads((self.directory / 'result.json').read_text())
    self.assertEqual(
      written,
      {
        'best': best[0],
        'samples': result.samples,
        'retrained': result.retrained,
        'rank_correlation': None,
      },
    )
    self.assertEqual([line['index'] for line in result.retrained], best)
    for line in result.retrained:
      own = json.loads(
        (
          self.directory / f'retrained_{line["index"]:02d}' / 'result.json'
        ).read_text()
      )
      self.assertEqual(line['test_accuracy'], own['test_accuracy'])
    for sample in result.samples:
      last = (
        (self.directory / f'short_{sample["index"]:02d}' / 'metrics.jsonl')
        .read_text()
        .splitlines()[-1]
      )
      self.assertEqual(
        sample['validation_accuracy'], json.loads(last)['validation_accuracy']
      )
    self.assertIn(
      f'Test accuracy  {100 * result.retrained[0]["test_accuracy"]:.2f} %'
      f' (sample {best[0] + 1})',
      outcome(result),
    )
    # Again: nothing is trained.
    with mock.patch.object(keras.Model, 'fit') as fit:
      again, _ = self.run_it()
    fit.assert_not_called()
    self.assertEqual(
      (again.samples, again.retrained), (result.samples, result.retrained)
    )
    for arguments, message in (
      (
        {'config': CONFIG.replace(short_epochs=2)},
        'short_epochs: was 1, now 2',
      ),
      ({'train': TRAIN.replace(epochs=2)}, 'epochs: was 1, now 2'),
    ):
      refused, _ = self.run_it(**arguments)
      self.assertIsInstance(refused, RunStateError)
      self.assertRegex(str(refused), message)

  def test_choices_do_not_see_test_images(self):
    config = CONFIG.replace(num_samples=2, num_best=1)
    result, _ = self.run_it(config, train=None)
    self.assertEmpty(result.retrained)
    self.directory = self.directory.with_name('other')
    other = tiny_runs.data(num_test=41)
    other.x_test[:] = 0
    again, _ = self.run_it(config, train=None, data=other)
    self.assertEqual(
      [s['validation_accuracy'] for s in again.samples],
      [s['validation_accuracy'] for s in result.samples],
    )

  def test_cells_that_are_not_shared(self):
    config = CONFIG.replace(
      search_space='amended_s2', cells=3, channels=2, num_samples=1, num_best=1
    )
    refused, _ = self.run_it(config, TRAIN.replace(cells=4, channels=2))
    self.assertIsInstance(refused, InputError)
    self.assertRegex(str(refused), 'its 3 cells.*Received: cells=4')
    self.assertFalse(self.directory.exists())
    result, _ = self.run_it(config, None)
    self.assertLen(result.genotype.cells, 3)

  def test_with_a_table_nothing_is_retrained(self):
    config = CONFIG.replace(
      search_space='nas_bench_201',
      cells=3,
      channels=2,
      num_samples=2,
      benchmark_table='table.csv',
    )
    names = [
      genotype.to_nas_bench_201_string()
      for genotype in sample_genotypes(
        run_module.search_spaces['nas_bench_201'], 2, 0
      )
    ]
    table = BenchmarkTable(names, [[80.0, 2, 3], [90.0, 2, 3]])
    with mock.patch.object(BenchmarkTable, 'load', return_value=table):
      result, out = self.run_it(config)
    self.assertEqual(
      [s['published_accuracy'] for s in result.samples], [80.0, 90.0]
    )
    self.assertEmpty(result.retrained)
    self.assertFalse(list(self.directory.glob('retrained*')))
    self.assertIn('published 90.00 %', out)
    self.assertIn('Published accuracy  ', outcome(result))

  def test_rank_correlation(self):
    samples = [
      {'validation_accuracy': v, 'published_accuracy': p}
      for v, p in ((0.1, 10.0), (0.2, 90.0), (0.3, 80.0), (0.4, 95.0))
    ]
    # Ranks 1 2 3 4 and 1 3 2 4: 1 - 6 * 2 / (4 * 15).
    self.assertAllClose(rank_correlation(samples), 0.8)
    self.assertIsNone(rank_correlation(samples[:2]))
    self.assertIsNone(
      rank_correlation(
        [{**sample, 'published_accuracy': 5.0} for sample in samples]
      )
    )
    self.assertAllClose(
      rank_correlation([*samples, {'validation_accuracy': 0.0}]), 0.8
    )
    result = RandomSearchResult(
      tiny_runs.GENOTYPE,
      [{**s, 'index': 0} for s in samples],
      [],
      CONFIG,
      None,
      run_module.WorkDir(self.directory),
    )
    self.assertIn('published accuracies 0.80 (Spearman)', outcome(result))

  def test_refusals(self):
    for changes, message in (
      ({'search_space': 'tini'}, "Did you mean 'tiny'"),
      ({'stem': 'con'}, "Did you mean 'conv'"),
      ({'short_portion': 0.0}, 'short_portion=0.0'),
      ({'short_portion': 1.5}, 'short_portion=1.5'),
      ({'validation_portion': 0.0}, 'validation_portion=0.0'),
      ({'validation_portion': 1.0}, 'validation_portion=1.0'),
      ({'num_best': 4}, 'at most 3. Received: num_best=4'),
      ({'num_samples': 28}, 'num_samples=28'),
      ({'batch_size': 36}, '1 to 35. Received: batch_size=36'),
      ({'benchmark_table': 'x.csv'}, 'expected search_space=nas_bench'),
    ):
      refused, _ = self.run_it(CONFIG.replace(**changes))
      self.assertIsInstance(refused, InputError, changes)
      self.assertRegex(str(refused), message)
    refused, _ = self.run_it(train=TRAIN.replace(stem='con'))
    self.assertRegex(str(refused), "Did you mean 'conv'")
    self.assertFalse(self.directory.exists())


if __name__ == '__main__':
  tf.test.main()
