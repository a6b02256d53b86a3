import keras_tuner
from absl.testing import absltest, parameterized

from darts_tf.config.errors import InputError
from darts_tf.discretize import random_genotype
from darts_tf.discretize.choices import canonical, num_architectures
from darts_tf.genotype import CellGenotype, Edge, Genotype
from darts_tf.genotype.published import published_genotype
from darts_tf.search_space import search_spaces
from darts_tf.tuner import declare_genotype, genotype_of, genotype_values
from darts_tf.tuner.hyperparameters import GENOTYPE, genotype_names

SPACES = ('darts', 'nas_bench_201', 'course', 'amended_s1', 'amended_s2', 's1')


class HyperparametersTest(parameterized.TestCase):
  @parameterized.parameters(*SPACES)
  def test_there_and_back(self, name):
    space = search_spaces[name]
    for seed in range(5):
      genotype = canonical(random_genotype(space, seed))
      values = genotype_values(genotype)
      self.assertEqual(genotype_of(values, space), genotype)
      # Exactly these are active.
      hp = keras_tuner.HyperParameters()
      declare_genotype(hp, space)
      hp.values = dict(values)
      hp.ensure_active_values()
      self.assertEqual(hp.values, values)

  @parameterized.parameters(*SPACES)
  def test_what_keras_tuner_draws_is_an_architecture(self, name):
    space = search_spaces[name]
    hp = keras_tuner.HyperParameters()
    declare_genotype(hp, space)
    oracle = keras_tuner.oracles.RandomSearchOracle(
      'val_accuracy', hyperparameters=hp, seed=1
    )
    for _ in range(5):
      genotype = genotype_of(oracle._random_values(), space)
      self.assertIsInstance(genotype, Genotype)

  def test_names_and_values_are_readable(self):
    hp = keras_tuner.HyperParameters()
    declare_genotype(hp, search_spaces['darts'])
    genotype = canonical(random_genotype(search_spaces['darts'], 0))
    values = genotype_values(genotype)
    edge = genotype.cells['normal'].edges[-1]
    self.assertEqual(
      values[f'normal/node_5/from_{edge.source}'], edge.operation
    )
    self.assertRegex(values['normal/node_5/inputs'], r'^[0-3]\+[1-4]$')
    self.assertLen(values, 2 * (8 + 3))
    # Node 2 has two inputs and no choice of them.
    self.assertNotIn('normal/node_2/inputs', values)

  def test_none_is_a_choice_where_the_rule_keeps_it(self):
    hp = keras_tuner.HyperParameters()
    declare_genotype(hp, search_spaces['nas_bench_201'])
    self.assertIn('none', hp.space[0].values)
    hp = keras_tuner.HyperParameters()
    declare_genotype(hp, search_spaces['darts'])
    self.assertFalse([p for p in hp.space if 'none' in p.values])

  def test_values_of_no_architecture(self):
    space = search_spaces['darts']
    values = genotype_values(random_genotype(space, 0))
    for name in values:
      self.assertIsNone(genotype_of({**values, name: '?'}, space))
    self.assertIsNone(genotype_of({}, space))

  @parameterized.named_parameters(
    ('missing', [('skip_connect', 0, 2), ('sep_conv_3x3', 4, 5)]),
    ('double', [('skip_connect', 0, 2), ('sep_conv_3x3', 0, 2)]),
    ('none', [('none', 0, 2), ('skip_connect', 1, 2)]),
  )
  def test_an_architecture_that_cannot_be_derived(self, edges):
    space = search_spaces['darts']
    usual = random_genotype(space, 0).cells
    cells = {
      'normal': CellGenotype(edges, (2, 3, 4, 5)),
      'reduce': usual['reduce'],
    }
    genotype = Genotype('darts', cells)
    values = genotype_values(genotype)
    self.assertEqual(Genotype.from_json(values[GENOTYPE]), canonical(genotype))
    self.assertEqual(genotype_of(values, space), canonical(genotype))
    self.assertContainsSubset(values, genotype_names(space))
    # Nothing is drawn beside it, and no part of it is thrown away.
    hp = keras_tuner.HyperParameters()
    declare_genotype(hp, space)
    hp.values = dict(values)
    hp.ensure_active_values()
    self.assertEqual(hp.values, values)

  def test_an_output_of_its_own(self):
    genotype = published_genotype('AmoebaNet')
    values = genotype_values(genotype)
    self.assertEqual(
      genotype_of(values, search_spaces['nasnet']), canonical(genotype)
    )

  def test_no_architecture_of_the_space(self):
    cell = CellGenotype((Edge('sep_conv_3x3', 0, 3),), (3,))
    genotype = Genotype('nas_bench_201', {'normal': cell})
    with self.assertRaisesRegex(InputError, "operation='sep_conv_3x3'"):
      genotype_values(genotype)
    with self.assertRaisesRegex(InputError, "operation='sep_conv_3x3'"):
      genotype_of(
        {GENOTYPE: genotype.to_json()}, search_spaces['nas_bench_201']
      )

  def test_the_count_is_that_of_the_space(self):
    self.assertEqual(num_architectures(search_spaces['nas_bench_201']), 15625)


if __name__ == '__main__':
  absltest.main()
