"""Searches by hand, against the contract of Keras Tuner's oracle."""

import dataclasses
import itertools
import json

import keras_tuner
import numpy as np
import tensorflow as tf
import tiny_runs
from keras_tuner.src.engine import trial as trial_module

from darts_tf.config.errors import InputError, RunStateError
from darts_tf.discretize import FixedEdges, discretizations, discretize
from darts_tf.discretize.choices import (
  canonical,
  node_choices,
  num_architectures,
)
from darts_tf.discretize.most_likely import Limit, most_likely
from darts_tf.genotype import CellGenotype, Edge, Genotype
from darts_tf.search import run_search
from darts_tf.search_space import search_spaces
from darts_tf.tuner import ArchitectureOracle, Finding, genotype_values
from darts_tf.tuner.oracle import ORIGIN, SEARCH
from darts_tf.tuner.proposals import Proposals

SPACE = search_spaces['nas_bench_201']


def finding(name='first', seed=0):
  p = np.random.default_rng(seed).random((6, 5)) ** 3
  weights = {'normal': p / p.sum(-1, keepdims=True)}
  return Finding(name, most_likely(SPACE, weights)[0], weights, 3)


def quality(genotype):
  """A score whose best architecture has convolutions of 3x3 only."""
  return (
    sum(e.operation == 'nor_conv_3x3' for e in genotype.cells['normal'].edges)
    / 6
  )


def limit_of_3x3(largest):
  """A limit in which convolutions of 3x3 cost 100 each."""
  costs = {
    ('normal', Edge(name, source, choice.node)): 100 * (name == 'nor_conv_3x3')
    for choice in node_choices(SPACE)
    for source, names in zip(choice.sources, choice.operations)
    for name in names
  }
  return Limit('max_parameters', largest, 0, costs)


@dataclasses.dataclass(frozen=True)
class Own(FixedEdges):
  """A rule of which nobody knows what it can derive."""

  name = 'own'
  model = None


class OracleTest(tiny_runs.RunTest):
  def oracle(self, **kwargs):
    oracle = ArchitectureOracle(**{'search_space': 'nas_bench_201', **kwargs})
    oracle._set_project_dir(str(self.directory), 'project')
    oracle.verbose = 0
    return oracle

  def run_trials(self, oracle, count, tuner='tuner0'):
    """Runs trials until there are so many; returns those it ran."""
    ran = []
    while len(ran) < count:
      trial = oracle.create_trial(tuner)
      if trial.status == 'STOPPED':
        break
      self.assertEqual(trial.status, 'RUNNING')
      self.end(oracle, trial)
      ran.append(trial)
    return ran

  def end(self, oracle, trial, status='COMPLETED'):
    if status == 'COMPLETED':
      oracle.update_trial(
        trial.trial_id, {'val_accuracy': quality(oracle.genotype_of(trial))}
      )
    trial.status = status
    oracle.end_trial(trial)

  def test_order_of_proposals(self):
    findings = [finding('first', 0), finding('second', 1)]
    oracle = self.oracle(findings=findings, max_trials=20, derived=2, sampled=3)
    trials = self.run_trials(oracle, 100)
    self.assertLen(trials, 20)
    origins = [t.hyperparameters.values[ORIGIN] for t in trials]
    self.assertEqual(
      origins[:4], ['derived from first', 'derived from second'] * 2
    )
    for i, f in itertools.product(range(2), range(2)):
      self.assertEqual(
        oracle.genotype_of(trials[2 * i + f]),
        most_likely(SPACE, findings[f].weights, 2)[i],
      )
    self.assertTrue(all(o.startswith('sampled from') for o in origins[4:7]))
    self.assertTrue(
      all(o.startswith('changed from trial') for o in origins[7:])
    )
    # No architecture twice, and each change is of one edge.
    genotypes = [oracle.genotype_of(t) for t in trials]
    self.assertLen(set(genotypes), 20)
    by_id = {t.trial_id: oracle.genotype_of(t) for t in trials}
    for origin, genotype in zip(origins[7:], genotypes[7:]):
      parent = by_id[origin.split()[-1]]
      self.assertEqual(
        sum(
          a != b
          for a, b in zip(
            genotype.cells['normal'].edges, parent.cells['normal'].edges
          )
        ),
        1,
      )
    # It climbs.
    self.assertGreater(
      max(map(quality, genotypes[7:])), max(map(quality, genotypes[:7]))
    )

  def test_architectures_that_the_spaces_rule_cannot_derive(self):
    # Nothing leads to node 1; two operations join nodes 0 and 3.
    edges = [
      ('nor_conv_3x3', 0, 3),
      ('skip_connect', 0, 3),
      ('nor_conv_1x1', 1, 2),
      ('avg_pool_3x3', 0, 2),
      ('nor_conv_3x3', 2, 3),
    ]
    found = Genotype('nas_bench_201', {'normal': CellGenotype(edges, (3,))})
    findings = [
      dataclasses.replace(finding(f'{i}'), genotype=found) for i in range(2)
    ]
    oracle = self.oracle(findings=findings, max_trials=12, derived=2, sampled=0)
    trials = self.run_trials(oracle, 12)
    self.assertLen(trials, 12)
    genotypes = [oracle.genotype_of(t) for t in trials]
    self.assertEqual(genotypes[0], canonical(found))
    # Both searches have found it; it is tried once, and then changed.
    self.assertLen(set(genotypes), 12)
    origins = [t.hyperparameters.values[ORIGIN] for t in trials]
    self.assertEqual(origins[0], 'derived from 0')
    self.assertIn('changed from trial', origins[-1])
    for genotype in genotypes:
      SPACE.check(genotype)
    again = self.oracle(findings=findings, max_trials=12, derived=2, sampled=0)
    again.reload()
    self.assertEqual(
      [again.genotype_of(t) for t in again.trials.values()], genotypes
    )

  def test_a_missing_node_may_get_edges(self):
    edges = [('nor_conv_3x3', 0, 3), ('skip_connect', 0, 2)]
    genotype = Genotype('nas_bench_201', {'normal': CellGenotype(edges, (3,))})
    proposals = Proposals(SPACE)
    draw = np.random.default_rng(0)
    changed = [proposals.change(draw, genotype) for _ in range(60)]
    targets = [{e.target for e in g.cells['normal'].edges} for g in changed]
    self.assertIn({1, 2, 3}, targets)
    # Node 3 keeps an edge that comes from an input or from node 2.
    self.assertTrue(all(3 in nodes for nodes in targets))

  def test_what_is_derived_is_by_the_rule_of_the_search(self):
    weights = {'normal': np.tile([0.9, 0.04, 0.03, 0.02, 0.01], (6, 1))}
    found = discretize(SPACE, weights, {'normal': 'normal'}, 'fixed_edges')
    make = lambda rule: Finding('first', found, weights, 3, rule)
    oracle = self.oracle(
      findings=[make('fixed_edges')], max_trials=6, derived=6
    )
    for trial in self.run_trials(oracle, 6):
      self.assertStartsWith(
        trial.hyperparameters.values[ORIGIN], 'derived from'
      )
      self.assertNotIn('none', str(oracle.genotype_of(trial)))
    # Of a rule that is not known so well there is what it has derived.
    with discretizations.scoped():
      discretizations.add(Own)
      proposals = Proposals(SPACE, derived=6)
      derived = list(proposals._derive([make('own')]))
      self.assertEqual([c.genotype for c in derived], [canonical(found)])
      with self.assertRaisesRegex(InputError, "discretization='own'"):
        self.oracle(findings=[make('own')], limits=[limit_of_3x3(250)])

  def test_without_searches_all_are_drawn(self):
    oracle = self.oracle(max_trials=12)
    trials = self.run_trials(oracle, 12)
    self.assertEqual(
      {t.hyperparameters.values[ORIGIN] for t in trials}, {'random'}
    )
    self.assertLen({oracle.genotype_of(t) for t in trials}, 12)

  def test_reload_in_the_middle(self):
    kwargs = {
      'findings': [finding()],
      'max_trials': 12,
      'sampled': 2,
      'hyperparameters': self.extras(),
    }
    values = lambda trials: [t.hyperparameters.values for t in trials]
    whole = self.oracle(**kwargs)
    whole._set_project_dir(str(self.directory), 'whole')
    expected = values(self.run_trials(whole, 12))
    oracle = self.oracle(**kwargs)
    found = values(self.run_trials(oracle, 5))
    begun = oracle.create_trial('tuner0')
    # The process dies here, in the sixth trial.
    again = self.oracle(**kwargs)
    again.reload()
    trial = again.create_trial('tuner0')
    self.assertEqual(trial.trial_id, begun.trial_id)
    self.assertEqual(trial.hyperparameters.values, begun.hyperparameters.values)
    self.end(again, trial)
    found += [trial.hyperparameters.values] + values(self.run_trials(again, 12))
    self.assertEqual(found, expected)

  def extras(self):
    hp = keras_tuner.HyperParameters()
    hp.Float('learning_rate', 0.01, 0.1, default=0.025)
    hp.Boolean('nesterov')
    return hp

  def test_other_hyperparameters(self):
    oracle = self.oracle(
      findings=[finding()], max_trials=30, hyperparameters=self.extras()
    )
    trials = self.run_trials(oracle, 30)
    rates = [t.hyperparameters.values['learning_rate'] for t in trials]
    self.assertEqual(rates[:3], [0.025] * 3)
    self.assertGreater(len(set(rates[3:])), 10)
    names = {hp.name for hp in oracle.get_space().space}
    self.assertContainsSubset({'learning_rate', 'nesterov'}, names)

  def test_names_that_are_taken(self):
    for name in ('search', 'normal/node_1/from_0'):
      hp = keras_tuner.HyperParameters()
      hp.Boolean(name)
      with self.assertRaisesRegex(InputError, 'expected another name'):
        self.oracle(hyperparameters=hp)

  def test_searches_are_trials(self):
    options = [{'seed': 0}, {'seed': 1}]
    oracle = self.oracle(
      search_space='tiny', searches=options, max_trials=8, derived=2, sampled=1
    )
    trials = [oracle.create_trial(f'tuner{i}') for i in range(2)]
    for trial, expected in zip(trials, options):
      values = trial.hyperparameters.values
      self.assertEqual(json.loads(values[SEARCH]), expected)
      self.assertIsNone(oracle.genotype_of(trial))
    # Nothing else is known yet.
    self.assertEqual(oracle.create_trial('tuner2').status, 'IDLE')
    config = tiny_runs.SEARCH.replace(epochs=1)
    for i, trial in enumerate(trials):
      path = f'{oracle._get_trial_dir(trial.trial_id)}/search'
      found = run_search(
        config.replace(seed=i), path, self.data, False
      ).genotype
      trial.hyperparameters.values.update(genotype_values(found))
      oracle.update_trial(trial.trial_id, {'val_accuracy': 0.5 + i / 10})
      trial.status = 'COMPLETED'
      oracle.end_trial(trial)
    (best,) = oracle.get_best_trials(1)
    self.assertEqual(best.trial_id, trials[1].trial_id)
    self.assertIsInstance(oracle.genotype_of(best), Genotype)
    nexts = [oracle.create_trial(f'tuner{i}') for i in range(2)]
    for trial in nexts:
      self.assertRegex(
        trial.hyperparameters.values[ORIGIN], '^derived from trial [01]$'
      )
    everything = [oracle.genotype_of(t) for t in (*trials, *nexts)]
    self.assertLen(
      set(everything), len(everything) - (everything[0] == everything[1])
    )

  def test_the_space_is_used_up(self):
    space = search_spaces['tiny']
    count = num_architectures(space)
    oracle = self.oracle(search_space='tiny', max_trials=1000)
    trials = []
    while (trial := oracle.create_trial('tuner0')).status == 'RUNNING':
      oracle.update_trial(trial.trial_id, {'val_accuracy': 0.5})
      trial.status = 'COMPLETED'
      oracle.end_trial(trial)
      trials.append(oracle.genotype_of(trial))
    self.assertEqual(trial.status, 'STOPPED')
    self.assertLen(set(trials), count)
    self.assertLen(trials, count)

  def test_limits(self):
    limit = limit_of_3x3(250)
    oracle = self.oracle(findings=[finding()], max_trials=25, limits=[limit])
    trials = self.run_trials(oracle, 25)
    self.assertLen(trials, 25)
    genotypes = [oracle.genotype_of(t) for t in trials]
    self.assertLessEqual(max(map(limit.cost, genotypes)), 250)
    self.assertEqual(max(map(limit.cost, genotypes)), 200)
    with self.assertRaisesRegex(InputError, 'max_parameters of at least 0'):
      self.oracle(limits=[limit_of_3x3(-1)])

  def test_failures_stop_the_run_without_holding_the_lock(self):
    oracle = self.oracle(max_trials=10, max_consecutive_failed_trials=3)
    for _ in range(3):
      trial = oracle.create_trial('tuner0')
      trial.message = 'out of memory'
      self.end(oracle, trial, 'FAILED')
    self.assertEqual(oracle.create_trial('tuner0').status, 'STOPPED')
    self.assertIn('out of memory', oracle.gave_up)

  def test_a_failed_architecture_is_not_tried_again(self):
    oracle = self.oracle(findings=[finding()], max_trials=5)
    first = oracle.create_trial('tuner0')
    self.end(oracle, first, 'FAILED')
    second = oracle.create_trial('tuner0')
    self.assertNotEqual(oracle.genotype_of(first), oracle.genotype_of(second))

  def test_the_directory_of_another_run(self):
    self.run_trials(self.oracle(max_trials=2), 2)
    with self.assertRaisesRegex(RunStateError, 'belongs to another run'):
      self.oracle(max_trials=2, seed=5).reload()
    plain = keras_tuner.oracles.RandomSearchOracle('val_accuracy', 2)
    plain._set_project_dir(str(self.directory), 'plain')
    plain.save()
    oracle = self.oracle(max_trials=2)
    oracle._set_project_dir(str(self.directory), 'plain')
    with self.assertRaisesRegex(RunStateError, 'belongs to another run'):
      oracle.reload()

  def test_findings_of_another_space(self):
    with self.assertRaisesRegex(InputError, 'is of another search space'):
      self.oracle(search_space='tiny', findings=[finding()])
    with self.assertRaisesRegex(InputError, 'the same name'):
      self.oracle(findings=[finding(), finding()])

  def test_over_the_wire(self):
    oracle = self.oracle(searches=[{'seed': 0}], findings=[finding()])
    for tuner in ('tuner0', 'tuner1'):
      trial = oracle.create_trial(tuner)
      there = trial_module.Trial.from_proto(trial.to_proto())
      self.assertEqual(
        there.hyperparameters.values, trial.hyperparameters.values
      )

  def test_a_finding_is_read_from_a_search(self):
    path = self.directory / 'search'
    config = tiny_runs.SEARCH.replace(epochs=2)
    result = run_search(config, path, self.data, False)
    found = Finding.load(path)
    self.assertEqual(canonical(found.genotype), canonical(result.genotype))
    self.assertAllEqual(found.weights['normal'], result.history['normal'][-1])
    with self.assertRaisesRegex(RunStateError, 'No run here'):
      Finding.load(self.directory / 'nothing')
    history = (path / 'alphas_history.npz').rename(path / 'away.npz')
    with self.assertRaisesRegex(RunStateError, 'weights of this search are'):
      Finding.load(path)
    history.rename(path / 'alphas_history.npz')
    lines = (path / 'metrics.jsonl').read_text().splitlines(True)
    (path / 'metrics.jsonl').write_text(lines[0])
    with self.assertRaisesRegex(RunStateError, 'has not ended; expected 2'):
      Finding.load(path)


if __name__ == '__main__':
  tf.test.main()
