import dataclasses
import importlib.util
import json
import types
import unittest
from unittest import mock

import keras
import numpy as np
import tensorflow as tf
import tiny_runs

from darts_tf.config.errors import InputError, RunStateError
from darts_tf.discretize import Argmax, discretizations, discretize
from darts_tf.export import read_exports
from darts_tf.genotype import Genotype, load_genotype
from darts_tf.pipeline.limits import LimitConfig, cost_limits
from darts_tf.pipeline.pipeline import outcome, run_pipeline
from darts_tf.search import SearchResult
from darts_tf.search.step import SearchStep
from darts_tf.search_space import GrowingSpace, search_spaces
from darts_tf.strategies import Differentiable, RandomSearchConfig

FILES = (
  'config.json',
  'genotype.json',
  'search/config.json',
  'search/alphas.npz',
  'search/metrics.jsonl',
  'search/genotype.json',
  'train/metrics.jsonl',
  'train/network.keras',
  'report.html',
  'saved_model/saved_model.pb',
  'exports.json',
  'result.json',
  'plots/search_curves.png',
  'plots/training_curves.png',
)


@dataclasses.dataclass(frozen=True)
class Own(Argmax):
  """A rule of which nobody knows what it can derive."""

  name = 'own'
  model = None


class PipelineTest(tiny_runs.RunTest):
  def setUp(self):
    super().setUp()
    self.directory = self.directory / 'run'
    self.search = tiny_runs.SEARCH.replace(
      search_space='nas_bench_201',
      channels=4,
      cells=1,
      epochs=1,
      steps_per_epoch=2,
      gradient='one_level',
    )
    self.train = tiny_runs.TRAIN.replace(epochs=1, steps_per_epoch=2)

  def run_it(self, search=None, train=None, **kwargs):
    return run_pipeline(
      search or self.search,
      train or self.train,
      self.directory,
      self.data,
      **kwargs,
    )

  def test_whole_job_and_again(self):
    first, out = tiny_runs.printed(self.run_it)
    self.assertIn('== Search\n', out)
    self.assertIn('\n== Retraining\n', out)
    for name in FILES:
      self.assertTrue((self.directory / name).exists(), name)
    result = json.loads((self.directory / 'result.json').read_text())
    self.assertEqual(result, first.result)
    self.assertCountEqual(
      result,
      [
        'test_accuracy',
        'test_loss',
        'parameters',
        'multiply_adds',
        'train_seconds',
        'search_seconds',
      ],
    )
    text = outcome(first.result, first.workdir)
    self.assertIn(str(self.directory / 'report.html'), text)
    self.assertRegex(text, r'\nsaved_model .* ms .*100 % of 40\n')
    # Again: nothing is searched or trained.
    with (
      mock.patch.object(SearchStep, 'search') as step,
      mock.patch.object(keras.Model, 'fit') as fit,
    ):
      second = self.run_it(verbose=False)
    step.assert_not_called()
    fit.assert_not_called()
    self.assertEqual(second.result, first.result)
    self.assertEqual(second.genotype, first.genotype)
    with self.assertRaisesRegex(RunStateError, 'training.epochs: was 1, now 2'):
      self.run_it(train=self.train.replace(epochs=2))

  def test_limits(self):
    limit = lambda largest: LimitConfig(max_multiply_adds=largest)
    free = self.run_it(verbose=False)
    costs = cost_limits(
      limit(1), search_spaces['nas_bench_201'], self.train, self.data.info
    )[0]
    # The costs of edges add up to those of the network.
    self.assertEqual(costs.cost(free.genotype), free.result['multiply_adds'])
    dearer = free.result['multiply_adds'] - 1
    self.directory = self.directory.parent / 'limited'
    limited, out = tiny_runs.printed(lambda: self.run_it(limits=limit(dearer)))
    self.assertEqual(limited.search.genotype, free.genotype)
    self.assertNotEqual(limited.genotype, free.genotype)
    self.assertLessEqual(limited.result['multiply_adds'], dearer)
    self.assertIn(
      f'\nWithin limits  max_multiply_adds'
      f' {limited.result["multiply_adds"]:,} instead of {dearer + 1:,}, at'
      f' most {dearer:,}\n',
      out,
    )
    self.assertEqual(
      load_genotype(self.directory / 'genotype.json'), limited.genotype
    )
    with self.assertRaisesRegex(RunStateError, 'limits.max_multiply_adds: was'):
      self.run_it(verbose=False)
    self.directory = self.directory.parent / 'impossible'
    with mock.patch.object(Differentiable, 'search') as search:
      with self.assertRaisesRegex(
        InputError, 'meets the limit; expected max_multiply_adds of at'
      ):
        self.run_it(limits=limit(1), verbose=False)
    search.assert_not_called()
    self.assertFalse(self.directory.exists())

  def test_limits_and_a_rule_that_is_not_known_so_well(self):
    with (
      discretizations.scoped(),
      mock.patch.object(Differentiable, 'search') as search,
    ):
      discretizations.add(Own)
      with self.assertRaisesRegex(InputError, "discretization='own'"):
        self.run_it(
          search=self.search.replace(discretization='own'),
          limits=LimitConfig(max_parameters=10**6),
          verbose=False,
        )
    search.assert_not_called()
    self.assertFalse(self.directory.exists())

  def test_the_result_of_a_search_keeps_to_its_rule(self):
    space = search_spaces['nas_bench_201']
    weights = {'normal': np.tile([0.5, 0.1, 0.1, 0.2, 0.1], (6, 1))}
    (costs,) = cost_limits(
      LimitConfig(max_parameters=1), space, self.train, self.data.info
    )
    derived = discretize(space, weights, {'normal': 'normal'}, 'fixed_edges')
    search = SearchResult(
      derived,
      [{'validation_accuracy': 0.5}],
      {'normal': np.stack([weights['normal']] * 2)},
      space,
      [types.SimpleNamespace(first_epoch=0)],
      self.search.replace(discretization='fixed_edges'),
      self.data.info,
      None,
      0,
    )
    limit = lambda most: dataclasses.replace(costs, largest=most)
    found = search.within([limit(costs.cost(derived) - 1)], self.train.cells)
    names = [edge.operation for edge in found.cells['normal'].edges]
    self.assertLess(costs.cost(found), costs.cost(derived))
    self.assertEqual(names.count('nor_conv_3x3'), 5)
    self.assertNotIn('none', names)
    high = limit(costs.cost(derived))
    self.assertIs(search.within([high], self.train.cells), derived)
    self.assertIs(search.within([], self.train.cells), derived)

  def test_limits_of_candidates_that_came_in(self):
    # Beyond what was looked at before the search.
    with mock.patch.object(GrowingSpace, 'whole', lambda space: space):
      result = self.run_it(
        search=tiny_runs.PRUNE_REPLACE.replace(cells=1),
        limits=LimitConfig(max_parameters=10**6),
        verbose=False,
      )
    first, *_, last = result.search.stages
    self.assertNotEqual(first.candidates, last.candidates)
    self.assertEqual(result.genotype, result.search.genotype)

  def test_random_search(self):
    """Another strategy goes the same way, to a report of its own."""
    search = RandomSearchConfig(
      search_space='tiny',
      num_samples=3,
      num_best=1,
      short_epochs=1,
      steps_per_epoch=2,
      batch_size=8,
    )
    train = tiny_runs.TRAIN.replace(epochs=1, steps_per_epoch=2)
    result, out = tiny_runs.printed(
      lambda: self.run_it(search=search, train=train)
    )
    self.assertEqual(result.genotype, result.search.genotype)
    self.assertIn('Sample 3/3', out)
    page = (self.directory / 'report.html').read_text('utf-8')
    self.assertIn('<h2>Architectures compared</h2>', page)
    self.assertIn(f'{100 * result.search.validation_accuracy:.2f} %', page)
    self.assertNotIn('<h2>Search</h2>', page)
    self.assertTrue((self.directory / 'saved_model').exists())
    # The best of those that cost less, known before anything is trained.
    (costs,) = cost_limits(
      LimitConfig(max_parameters=1), tiny_runs.SPACE, train, self.data.info
    )
    price = lambda s: costs.cost(Genotype.from_json(s['genotype']))
    ranking = result.search.ranking
    most = max(map(price, ranking))
    within = result.search.within(
      [dataclasses.replace(costs, largest=most - 1)], 1
    )
    expected = next(s for s in ranking if price(s) < most)
    self.assertEqual(within, Genotype.from_json(expected['genotype']))
    self.directory = self.directory.parent / 'impossible'
    with self.assertRaisesRegex(
      InputError, 'drawn meets the limit; expected max_parameters of at least'
    ):
      self.run_it(
        search=search, train=train, limits=LimitConfig(max_parameters=1)
      )
    self.assertFalse(self.directory.exists())

  @unittest.skipUnless(
    importlib.util.find_spec('onnxruntime')
    and importlib.util.find_spec('tf2onnx'),
    'needs tf2onnx, onnxruntime',
  )
  def test_formats_may_change(self):
    self.run_it(verbose=False)
    pinned = (self.directory / 'config.json').read_bytes()
    again = self.run_it(verbose=False, formats=['onnx'])
    self.assertEqual((self.directory / 'config.json').read_bytes(), pinned)
    self.assertTrue((self.directory / 'network.onnx').exists())
    records = read_exports(again.workdir)
    self.assertEqual([r.format for r in records], ['saved_model', 'onnx'])
    self.assertEqual([r.compared_on for r in records], ['test', 'test'])
    report = (self.directory / 'report.html').read_text('utf-8')
    self.assertIn('Exported networks', report)
    self.assertIn('<td>onnx</td>', report)
    self.assertIn('tf.saved_model.load(', report)

  def test_unknown_format_is_refused_before_the_search(self):
    with mock.patch.object(Differentiable, 'search') as search:
      with self.assertRaisesRegex(InputError, "Did you mean 'onnx'"):
        self.run_it(formats=['saved_model', 'onx'])
    search.assert_not_called()
    self.assertFalse(self.directory.exists())

  def test_wrong_options_of_retraining_are_refused_before_the_search(self):
    for changes, message in (
      ({'stem': 'con'}, "Did you mean 'conv'"),
      ({'warmup_epochs': 1}, 'warmup_epochs'),
      ({'batch_size': 100}, 'Received: batch_size=100'),
      ({'cells': 3, 'stem': 'imagenet'}, 'The images are too small'),
    ):
      with mock.patch.object(Differentiable, 'search') as search:
        with self.assertRaisesRegex(InputError, message):
          self.run_it(train=self.train.replace(**changes), verbose=False)
      search.assert_not_called()
    self.assertFalse(self.directory.exists())


if __name__ == '__main__':
  tf.test.main()
