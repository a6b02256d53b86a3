"""Trials of architectures that the space's own rule cannot derive."""

import dataclasses

import tensorflow as tf
import tiny_runs

from darts_tf.discretize.choices import canonical
from darts_tf.discretize.rule import Rule, discretizations
from darts_tf.genotype import CellGenotype, Genotype
from darts_tf.training import load_trained
from darts_tf.tuner import DartsTuner
from darts_tf.tuner.run import trial_lines


class OtherArchitecturesTest(tiny_runs.RunTest):
  def tuner(self, project='project', discretization=None, **kwargs):
    return DartsTuner(
      search_space='tiny',
      search_config=tiny_runs.SEARCH.replace(
        epochs=1, discretization=discretization
      ),
      train_config=tiny_runs.TRAIN.replace(epochs=2),
      directory=self.directory,
      project_name=project,
      **kwargs,
    )

  def search(self, tuner):
    tuner.search(self.data.x_train, self.data.y_train, verbose=0)
    return tuner

  def trials(self, tuner):
    return [
      (t.status, t.hyperparameters.values)
      for _, t in sorted(tuner.oracle.trials.items())
    ]

  def test_an_architecture_that_the_spaces_rule_cannot_derive(self):
    first = self.search(self.tuner('first', max_trials=1))
    path = f'{first.get_trial_dir("0")}/search'
    # Nothing leads to node 1; two operations join nodes 0 and 2.
    edges = [
      ('skip_connect', 0, 2),
      ('nor_conv_1x1', 0, 2),
      ('nor_conv_1x1', 1, 2),
    ]
    found = Genotype('tiny', {'normal': CellGenotype(edges, (2,))})
    found.save(f'{path}/genotype.json')
    tuner = self.search(
      self.tuner('second', finished=[path], max_trials=2, stop_below=0.4)
    )
    trials = self.trials(tuner)
    self.assertEqual([status for status, _ in trials], ['COMPLETED'] * 2)
    network, _ = load_trained(f'{tuner.get_trial_dir("0")}/training')
    self.assertEqual(network.genotype, canonical(found))
    self.assertIn(canonical(found), tuner.get_best_genotypes(2))
    # 4 x 4 weights and a normalization an edge; dead edges are not there.
    self.assertLen(network.cells[0].operations, 2)

  def test_a_search_by_another_rule(self):
    edges = [('skip_connect', 0, 2), ('nor_conv_1x1', 0, 2)]
    found = Genotype('tiny', {'normal': CellGenotype(edges, (2,))})
    self.enter_context(discretizations.scoped())

    @discretizations.add
    @dataclasses.dataclass(frozen=True)
    class Always(Rule):
      name = 'always'

      def derive(self, space, kind, weights):
        return found.cells[kind].edges

    tuner = self.search(self.tuner(max_trials=1, discretization='always'))
    ((status, values),) = self.trials(tuner)
    self.assertEqual(status, 'COMPLETED')
    self.assertEqual(values['proposed'], 'searched')
    self.assertEqual(tuner.get_best_genotypes(), [canonical(found)])
    self.assertNotIn('genotype', trial_lines(tuner)[0])


if __name__ == '__main__':
  tf.test.main()
