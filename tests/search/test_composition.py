"""Parts of different methods put together, and parts that do not fit."""

import dataclasses
import pathlib
import textwrap

import numpy as np
import tiny_runs
from absl.testing import parameterized

from darts_tf.architecture_gradient import Amended, FirstOrder
from darts_tf.config.errors import InputError
from darts_tf.layers.form import SupernetForm
from darts_tf.methods import methods
from darts_tf.penalty import ExpectedCost
from darts_tf.relaxation import EdgeNormalized, Gumbel
from darts_tf.search import SearchConfig, run_search
from darts_tf.search.composition import compose
from darts_tf.search.config import AXES, PART_OPTIONS
from darts_tf.search.resolve import resolve
from darts_tf.step import Alternating, Joint, Perturbed
from darts_tf.stopping import SkipConnections

MY_PARTS = '''
import dataclasses

import tensorflow as tf

from darts_tf.architecture_gradient import (
  ArchitectureGradient, Estimator, architecture_gradients)
from darts_tf.config.options import option
from darts_tf.layers import MixingWeights
from darts_tf.methods import Method, register_method
from darts_tf.penalty import Penalty, penalties
from darts_tf.relaxation import Relaxation, relaxations
from darts_tf.stopping import StopRule, stops


@relaxations.add
@dataclasses.dataclass(frozen=True)
class Tempered(Relaxation):
  """A softmax at a fixed temperature."""

  sharpness: float = option(2.0, 'Factor of the logits.')
  name = 'tempered'

  def mixing(self, parameters, group, draw):
    logits = group.masked(parameters['alpha'] * self.sharpness)
    return MixingWeights(tf.nn.softmax(logits))


@penalties.add
@dataclasses.dataclass(frozen=True)
class Spread(Penalty):
  """The variance of all logits."""

  name = 'spread'

  def __call__(self, view):
    return tf.add_n([
      tf.math.reduce_variance(own['alpha'])
      for own in view.parameters.values()])


@stops.add
@dataclasses.dataclass(frozen=True)
class After(StopRule):
  """Ends a search after some epochs, with its first architecture."""

  after: int = option(2, 'Epochs.')
  name = 'after'

  def result_epoch(self, course):
    return 0 if len(course.metrics) >= self.after else None


@architecture_gradients.add
@dataclasses.dataclass(frozen=True)
class OnTraining(Estimator):
  """The gradient of twice the training loss; needs no validation batch."""

  name = 'on_training'
  uses_validation = False

  def __call__(
      self, problem, weights, alphas, training_batch, validation_batch, inner):
    assert validation_batch is None
    with tf.GradientTape() as tape:
      tape.watch(alphas)
      loss = 2 * problem.training_loss(weights, alphas, training_batch)
    gradients = problem.reduce(tape.gradient(loss, alphas))
    return ArchitectureGradient(gradients, problem.reduce([loss])[0])


register_method(Method(name='mine', source='here', relaxation=Tempered(3.0)))
'''


class ComposeTest(parameterized.TestCase):
  def test_axes_are_replaced(self):
    composition = compose(
      SearchConfig(
        method='pc_darts',
        gradient='amended',
        eta=0.2,
        step='perturbed:attack_steps=3',
        stop='skips',
        stop_skips=3,
        penalties='cost:multiply_adds=3e7',
        cost_weight=0.5,
      )
    )
    self.assertEqual(composition.relaxation, EdgeNormalized())
    self.assertEqual(composition.gradient, Amended(0.2))
    self.assertEqual(composition.form, SupernetForm(partial_channels=4))
    self.assertEqual(composition.step, Perturbed(attack_steps=3))
    self.assertEqual(composition.stops, (SkipConnections(3),))
    self.assertEqual(
      composition.penalties, (ExpectedCost(3e7, cost_weight=0.5),)
    )

  def test_a_name_alone_keeps_what_the_method_has(self):
    composition = compose(SearchConfig(method='sdarts_adv', step='perturbed'))
    self.assertEqual(composition.step.perturbation, 'adversarial')
    composition = compose(SearchConfig(method='beta_darts', penalties='none'))
    self.assertEqual(composition.penalties, ())

  def test_resolving_again_changes_nothing(self):
    config = resolve(
      SearchConfig(
        method='gdas',
        search_space='nas_bench_201',
        penalties='cost:multiply_adds=3e7,beta_decay',
        step='joint',
        gradient='one_level',
        temperature_end=0.5,
      )
    )
    self.assertEqual(resolve(config), config)
    self.assertEqual(
      config.penalties, 'cost:multiply_adds=30000000.0,beta_decay'
    )
    self.assertEqual(config.temperature_end, 0.5)
    again = SearchConfig(**config.to_dict())
    self.assertEqual(compose(again), compose(config))

  def test_one_pass_replaces_a_plain_step_only(self):
    one_level = lambda method: (
      compose(SearchConfig(method=method, gradient='one_level')).step
    )
    self.assertEqual(one_level('darts'), Joint())
    self.assertEqual(one_level('sdarts_rs'), Perturbed())
    composition = compose(
      SearchConfig(gradient='one_level', step='alternating')
    )
    self.assertEqual(composition.step, Alternating())

  def test_options_of_all_parts_are_fields(self):
    names = {
      field.name
      for axis in AXES.values()
      for part in map(axis.__getitem__, axis)
      if part.__module__.startswith('darts_tf.')
      for field in dataclasses.fields(part)
      if field.metadata['flag']
    }
    self.assertCountEqual(PART_OPTIONS, names)
    self.assertContainsSubset({'eta', 'partial_channels', 'paths'}, names)
    self.assertNotIn('multiply_adds', names)

  @parameterized.parameters(
    (
      {'method': 'fair_darts', 'relaxation': 'softmax'},
      'expected relaxation=sigmoid, or other penalties. Received:'
      ' relaxation=softmax, penalties=zero_one',
    ),
    (
      {'paths': 'selected'},
      'expected relaxation=hard_gumbel, or paths=all. Received:'
      ' paths=selected, relaxation=softmax',
    ),
    (
      {'method': 'pc_darts', 'partial_channels': 3},
      'divisor of 16. Received: partial_channels=3, channels=16',
    ),
    ({'method': 'gdas', 'temperature_end': 0.0}, 'Received: temperature_end=0'),
    (
      {'step': 'joint'},
      'expected gradient=one_level. Received: step=joint, gradient=first_order',
    ),
    (
      {'step': 'perturbed', 'relaxation': 'sigmoid'},
      'Received: step=perturbed, relaxation=sigmoid',
    ),
    ({'stop': 'skips', 'stop_skips': 0}, 'Received: stop_skips=0'),
    ({'stop': 'skips,skips'}, "A part is repeated.* stop='skips,skips'"),
    ({'partial_channels': 0}, 'Received: partial_channels=0'),
    ({'temperature_end': 0.5}, "does not belong to relaxation 'softmax'"),
    ({'penalties': 'cost'}, 'needs a reference'),
    ({'penalties': 'cost:flops=3'}, 'Unknown option of cost.*flops'),
    ({'penalties': 'cost:parameters=many'}, 'expected a number.*many'),
    ({'relaxation': 'gumbl'}, "Did you mean 'gumbel'"),
    ({'relaxation': 'gumbel:temperature_end'}, 'has another form'),
    ({'method': 'prune_replace'}, "search_space='darts'"),
  )
  def test_refused(self, options, message):
    with self.assertRaisesRegex(InputError, message) as caught:
      resolve(SearchConfig(**options))
    self.assertNotIn('\n', str(caught.exception))


class RunTest(tiny_runs.RunTest):
  """Combinations that no method has, run, stopped and continued."""

  def run_it(self, name, epochs=3, **options):
    result, out = tiny_runs.printed(
      run_search,
      tiny_runs.SEARCH.replace(
        **{'epochs': epochs, 'gradient': None, **options}
      ),
      self.directory / name,
      self.data,
    )
    self.assertNotIsInstance(result, BaseException, result)
    return result, out

  @parameterized.named_parameters(
    ('sampled', {'method': 'gdas', 'penalties': 'cost:multiply_adds=1e4'}),
    (
      'partial',
      {
        'method': 'pc_darts',
        'gradient': 'amended',
        'partial_channels': 2,
        'grace_epochs': 0,
      },
    ),
    ('one_pass', {'method': 'snas', 'penalties': 'beta_decay'}),
    (
      'disturbed',
      {'method': 'sdarts_adv', 'attack_steps': 2, 'relaxation': 'gumbel'},
    ),
    ('auxiliary', {'method': 'darts_minus', 'gradient': 'second_order'}),
    ('independent', {'method': 'fair_darts', 'gradient': 'one_level'}),
  )
  def test_stop_and_resume(self, options):
    options = {'batch_size': 16, **options}
    failing = tiny_runs.failing_epoch(3)
    with failing:
      tiny_runs.printed(
        run_search,
        tiny_runs.SEARCH.replace(**{'gradient': None, **options}),
        self.directory / 'cut',
        self.data,
      )
    whole, _ = self.run_it('whole', **options)
    again, out = self.run_it('cut', **options)
    self.assertIn('Continuing after epoch 2 of 3.', out)
    tiny_runs.assert_same_search(
      self, self.directory / 'cut', self.directory / 'whole'
    )
    self.assertEqual(again.genotype, whole.genotype)

  def test_stop_rules_end_a_search(self):
    options = {
      'stop': 'skips',
      'stop_skips': 1,
      'stop_cell': 'x',
      'evaluate_every': 0,
    }
    result, out = self.run_it('run', epochs=5, **options)
    counts = [sum(m['skip_connections'].values()) for m in result.metrics]
    expected = next(i for i, n in enumerate(counts) if n >= 1)
    self.assertLen(counts, expected + 1)
    self.assertEqual(result.result_epoch, expected)
    self.assertGreater(result.validation_accuracy, 0)
    self.assertIn(f'Stopped after epoch {expected + 1} by skips', out)
    # The same command finds that it has ended.
    again, _ = self.run_it('run', epochs=5, **options)
    self.assertEqual(again.metrics, result.metrics)
    self.assertEqual(again.genotype, result.genotype)

  def test_parts_of_a_file(self):
    for registry in (*AXES.values(), methods):
      self.enter_context(registry.scoped())
    path = self.directory / 'my_parts.py'
    path.write_text(textwrap.dedent(MY_PARTS))
    result, out = self.run_it(
      'run',
      epochs=5,
      imports=str(path),
      relaxation='tempered:sharpness=4',
      penalties='spread',
      stop='after:after=3',
      gradient='on_training',
    )
    self.assertIn('tempered (sharpness 4) relaxation', out)
    self.assertLen(result.metrics, 3)
    self.assertEqual(result.result_epoch, 0)
    self.assertEqual(result.genotype.to_dict(), result.metrics[0]['genotype'])
    weights = result.history['normal']
    np.testing.assert_array_equal(result.weights['normal'], weights[1])
    for metrics in result.metrics:
      self.assertGreater(metrics['penalty'], 0)
    self.assertEqual(result.config.weight_portion, 0.9)
    found = compose(SearchConfig(method='mine', imports=str(path)))
    self.assertEqual(found.relaxation.sharpness, 3.0)
    self.assertEqual(found.gradient, FirstOrder())

  @parameterized.parameters(
    ('missing.py', None, 'no such file to import'),
    ('broken.py', 'import nothing_of_this_name', 'ModuleNotFoundError'),
    ('words.txt', 'x = 1', 'ends with .py'),
  )
  def test_files_that_cannot_be_imported(self, name, text, message):
    path = pathlib.Path(self.directory) / name
    if text:
      path.write_text(text)
    with self.assertRaisesRegex(InputError, message):
      SearchConfig(imports=str(path))


class GumbelTest(parameterized.TestCase):
  def test_relaxations_are_values(self):
    self.assertEqual(Gumbel(), Gumbel(1.0, 0.03))
    self.assertEqual(hash(Gumbel()), hash(Gumbel(1.0, 0.03)))
