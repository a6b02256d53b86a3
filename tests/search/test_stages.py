import json
import weakref
from unittest import mock

import numpy as np
import tensorflow as tf
import tiny_runs

from darts_tf.config.errors import InputError, RunStateError
from darts_tf.genotype.parameterized import Convolution
from darts_tf.morphism import morphisms
from darts_tf.runs.workdir import WorkDir
from darts_tf.schedule import Child
from darts_tf.search import loop, run_search
from darts_tf.search.builder import build_search, rebuild_search
from darts_tf.search.epoch import EpochRunner
from darts_tf.search.gradients import gradients_of_run
from darts_tf.search.inherit import inherit
from darts_tf.search.resolve import resolve
from darts_tf.search.step import SearchStep
from darts_tf.system.memory_meter import MemoryMeter

CONFIG = tiny_runs.PRUNE_REPLACE
_NAMES = tiny_runs.GROWING_NAMES


class StagesTest(tiny_runs.RunTest):
  def run_it(self, name, config=CONFIG):
    return run_search(config, self.directory / name, self.data, False)

  def test_whole_search(self):
    result, out = tiny_runs.printed(
      run_search, CONFIG, self.directory / 'whole', self.data
    )
    self.assertIn(
      '5 epochs of 3 steps, cycles of 2 2 1, alphas frozen for 1'
      ' 0 0; new candidates 2 0 0, left 4 2 1;',
      out,
    )
    self.assertRegex(
      out, r'\nStage 2: 4 candidates an edge; new: conv_k\S+ \(\d\)'
    )
    self.assertIn('\nStage 3: 2 candidates an edge\n', out)
    self.assertLen(result.metrics, 5)
    self.assertEqual(
      [(s.first_epoch, s.epochs) for s in result.stages],
      [(0, 2), (2, 2), (4, 1)],
    )
    first, second, third = (s.candidates['normal'] for s in result.stages)
    self.assertEqual(first, (_NAMES,) * 3)
    self.assertEqual(
      [len(names) for names in second + third], [4] * 3 + [2] * 3
    )
    for before, now, came in zip(
      first, second, result.stages[1].children['normal'], strict=True
    ):
      self.assertEqual(set(now) - set(before), set(came))
      self.assertLen(came, 2)
    self.assertEqual(result.space.candidates['normal'], third)
    for edge, names in zip(result.genotype.cells['normal'].edges, third):
      self.assertIn(edge.operation, names)
    # Alphas are equal at first, and rest in the first epoch of all.
    entropies = [m['entropy']['normal'] for m in result.metrics]
    self.assertAllClose(entropies[0], np.log(3), rtol=1e-6)
    for entropy, equal in zip(entropies[1:], (3, 4, 4, 2)):
      self.assertLess(entropy, np.log(equal) - 1e-5)
    # The learning rate starts again.
    rates = [m['learning_rate'] for m in result.metrics]
    self.assertEqual([rates[0]] * 3, [rates[0], rates[2], rates[4]])
    self.assertLess(rates[1], rates[0])
    stages = json.loads((self.directory / 'whole/stages.json').read_text())
    self.assertEqual(
      stages[1]['candidates']['normal'], [list(n) for n in second]
    )
    self.assertAllClose(
      stages[2]['weights']['normal'], result.history['normal'][-1]
    )
    self.assertEqual(result.history['normal'].shape, (2, 3, 2))

  def test_stopped_runs_give_what_they_would_have_given(self):
    whole = self.run_it('whole')
    # In the middle of the second epoch of the second stage, and in the third
    # one, which is then entered anew; the first epoch has no alpha steps.
    for stopped, call in (('second', 8), ('third', 11)):
      with tiny_runs.failing(SearchStep, 'search', KeyboardInterrupt(), call):
        with self.assertRaises(KeyboardInterrupt):
          self.run_it(stopped)
      again = self.run_it(stopped)
      tiny_runs.assert_same_search(
        self, self.directory / stopped, self.directory / 'whole'
      )
      self.assertEqual(
        [s.to_dict() for s in again.stages], [s.to_dict() for s in whole.stages]
      )
      self.assertEqual(again.genotype, whole.genotype)

  def test_two_cycles_that_replace(self):
    batches, run = [], EpochRunner.__call__

    def watched(runner, parts, epoch):
      metrics = run(runner, parts, epoch)
      batches.append(metrics['batch_sizes'])
      return metrics

    with (
      mock.patch.object(EpochRunner, '__call__', watched),
      mock.patch.object(MemoryMeter, 'used_mib', return_value=60.0),
    ):
      result = self.run_it(
        'run',
        CONFIG.replace(
          cycle_epochs='2,2,1',
          cycle_grace_epochs='0,1,0',
          cycle_morphisms='2,2,0',
          cycle_candidates='4,4,1',
          batch_size=8,
          max_batch_size=16,
          steps_per_epoch=6,
        ),
      )
    # Small again in each stage, and where alphas begin to move.
    grown = [[0, 8], [5, 16]]
    self.assertEqual(batches, [grown, [[0, 16]], grown, grown, grown])
    # Alphas are equal at first and rest in the grace epoch of a later stage.
    entropies = [m['entropy']['normal'] for m in result.metrics]
    self.assertAllClose(entropies[2], np.log(4), rtol=1e-6)
    self.assertLess(entropies[3], np.log(4) - 1e-5)
    # No edge has met one of its newcomers before.
    for edge in range(3):
      names = [stage.candidates['normal'][edge] for stage in result.stages]
      for number in (1, 2):
        before = {name for earlier in names[:number] for name in earlier}
        came = result.stages[number].children['normal'][edge]
        self.assertLen(came, 2)
        self.assertNoCommonElements(before, came)

  def test_a_stage_that_has_ended_gives_its_memory_back(self):
    alive, build, run = [], loop.build_search, EpochRunner.__call__

    def built(*arguments):
      parts = build(*arguments)
      alive.append(weakref.ref(parts.supernet))
      return parts

    def watched(runner, parts, epoch):
      if epoch == parts.stage.first_epoch == 2:
        self.assertIsNone(alive[0]())
      return run(runner, parts, epoch)

    with (
      mock.patch.object(loop, 'build_search', built),
      mock.patch.object(EpochRunner, '__call__', watched),
    ):
      self.run_it('run')
    self.assertLen(alive, 1)

  def test_other_tables_are_another_run(self):
    WorkDir(self.directory / 'run').pin(
      resolve(CONFIG.replace(cycle_epochs='2,1,1')).pinned()
    )
    with self.assertRaisesRegex(
      RunStateError, 'cycle_epochs: was "2,1,1", now'
    ):
      self.run_it('run')

  def test_options_belong_to_the_method(self):
    with self.assertRaisesRegex(
      InputError, "cycle_epochs does not belong to schedule 'constant'"
    ):
      resolve(CONFIG.replace(method='darts'))
    resolved = resolve(CONFIG)
    self.assertEqual((resolved.epochs, resolved.alpha_scale), (5, 0.0))
    self.assertEqual(resolve(resolved), resolved)

  def test_gradients_of_a_run(self):
    self.run_it('run', CONFIG.replace(batch_size=8, max_batch_size=16))
    result = gradients_of_run(
      self.directory / 'run',
      {'amended': {'gradient': 'amended'}},
      num_batches=2,
      data=self.data,
    )
    # One batch a row; two candidates on each of three edges.
    self.assertEqual(result.gradients['amended'].shape, (2, 6))
    self.assertLen(result.operations, 6)

  def test_observers_and_evaluation_are_of_the_stage(self):
    made = []
    with mock.patch.object(
      loop,
      'make_observers',
      lambda parts: [
        lambda epoch: made.append((epoch, parts.stage.index)) or {}
      ],
    ):
      self.run_it('run')
    self.assertEqual(made, [(0, 0), (1, 0), (2, 1), (3, 1), (4, 2)])


class InheritTest(tiny_runs.RunTest):
  def setUp(self):
    super().setUp()
    self.parts = build_search(
      resolve(CONFIG.replace(precision='float64')), self.data
    )
    draw = np.random.default_rng(0)
    for variable in self.parts.supernet.variables:
      if 'seed' not in variable.name:
        variable.assign(0.5 + draw.random(variable.shape))

  def next(self, names, children):
    stage = self.parts.stages[1]
    new = rebuild_search(self.parts, stage, {'normal': (names,) * 3})
    inherit(
      self.parts.supernet, new.supernet, {'normal': (children,) * 3}, (0, 1)
    )
    return new

  def output(self, parts, weights, training):
    images = tf.constant(self.data.x_test[:8].astype('float64') / 255)
    alphas = [tf.math.log(tf.constant([weights] * 3, tf.float64))]
    mixing = parts.architecture.expected(alphas)
    return parts.supernet(images, mixing, training=training)

  def test_what_stays_is_copied(self):
    # In another order; later one candidate less, which had no weight.
    for names, old, weights in (
      (
        ('conv_k3_d1', 'max_pool_3x3', 'skip_connect'),
        [0.3, 0.2, 0.5],
        [0.5, 0.2, 0.3],
      ),
      (('conv_k3_d1', 'skip_connect'), [0.3, 1e-300, 0.7], [0.7, 0.3]),
    ):
      new = self.next(names, {})
      # Inference first: training moves the running statistics.
      for training in (False, True):
        self.assertAllClose(
          self.output(self.parts, old, training),
          self.output(new, weights, training),
          rtol=1e-9,
          atol=1e-9,
        )

  def test_children_that_preserve(self):
    children = {'conv_k5_d1': Child('conv_k3_d1', 'larger_kernel')}
    new = self.next(('skip_connect', 'conv_k5_d1'), children)
    for training in (False, True):
      self.assertAllClose(
        self.output(self.parts, [0.3, 1e-300, 0.7], training),
        self.output(new, [0.3, 0.7], training),
        rtol=1e-9,
        atol=1e-9,
      )

  def test_a_stage_is_a_function_of_seed_and_number(self):
    one, other = self.parts.stages[1:3]
    made = []
    for state, stage in ((1, one), (2, one), (2, other)):
      tf.keras.utils.set_random_seed(state)
      supernet = rebuild_search(
        self.parts, stage, {'normal': (_NAMES,) * 3}
      ).supernet
      made.append([np.array(v) for v in supernet.trainable_variables])
    for first, second in zip(made[0], made[1], strict=True):
      self.assertAllEqual(first, second)
    self.assertFalse(all(map(np.array_equal, made[1], made[2])))

  def test_nothing_is_left_to_chance(self):
    children = {
      child.name: Child('conv_k3_d1', name)
      for name in morphisms
      for child in [morphisms[name].operation(Convolution(3))]
      if child is not None
    }
    names = ('conv_k3_d1', *children)
    tf.keras.utils.set_random_seed(1)
    first = self.next(names, children)
    tf.keras.utils.set_random_seed(2)
    second = self.next(names, children)
    for a, b in zip(
      first.supernet.variables, second.supernet.variables, strict=True
    ):
      self.assertAllEqual(a, b, a.path)


if __name__ == '__main__':
  tf.test.main()
