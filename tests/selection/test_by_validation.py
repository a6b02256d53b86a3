"""Selections, with a supernet that only pretends."""

import numpy as np
from absl.testing import absltest, parameterized

from darts_tf.config.errors import InputError
from darts_tf.discretize import discretize, rule_of
from darts_tf.layers.form import SupernetForm
from darts_tf.models.evaluation import Score
from darts_tf.search_space import search_spaces
from darts_tf.selection import ByValidation, Magnitude, Trained, selections

SPACE = search_spaces['nas_bench_201']
KINDS = {'normal': 'normal'}
COLUMN = 3  # nor_conv_3x3


def trained(weights, evaluate, seed=0, lines=None):
  """Returns a search that ended with these mixing weights."""
  weights = {'normal': weights}
  return Trained(
    discretize(SPACE, weights, KINDS),
    weights,
    KINDS,
    SPACE,
    rule_of(SPACE),
    evaluate,
    seed,
    (lines if lines is not None else []).append,
  )


def share_of_3x3(mixing):
  """The more 3x3 convolutions, the better; ties go to the loss."""
  weights = mixing['normal'].weights
  return Score(float(weights[:, 0].sum()), weights[:, COLUMN].sum() / 6)


class SelectionTest(parameterized.TestCase):
  def test_magnitude(self):
    search = trained(np.eye(6, 5), None)
    self.assertEqual(Magnitude().select(search).genotype, search.genotype)
    self.assertEmpty(Magnitude().select(search).facts)

  def test_the_best_of_those_drawn(self):
    lines = []
    search = trained(np.full((6, 5), 0.2), share_of_3x3, lines=lines)
    selected = ByValidation(samples=50).select(search)
    compared = selected.facts['compared']
    self.assertLessEqual(len(compared), 51)
    self.assertEqual(compared[0]['genotype'], search.genotype.to_dict())
    best = max(compared, key=lambda c: (c['accuracy'], -c['loss']))
    self.assertEqual(selected.genotype.to_dict(), best['genotype'])
    self.assertGreater(best['accuracy'], compared[0]['accuracy'])
    self.assertIn(f'validation accuracy {best["accuracy"]:.4f}', lines[0])
    # The same again, and another draw of another seed.
    again = ByValidation(samples=50).select(search)
    self.assertEqual(again, selected)
    other = trained(np.full((6, 5), 0.2), share_of_3x3, seed=1)
    self.assertNotEqual(ByValidation(samples=50).select(other), selected)

  def test_draws_follow_the_mixing_weights(self):
    """Of 2,000 draws each operation has its share (Gumbel-max)."""
    p = np.array([0.5, 0.25, 0.15, 0.1, 0.0])
    search = trained(np.tile(p, (6, 1)), lambda mixing: Score(0.0, 0.0))
    draw = np.random.default_rng(0)
    drawn = [ByValidation().draw(search, draw) for _ in range(2000)]
    names = SPACE.candidates['normal'][0]
    shares = [
      np.mean(
        [
          edge.operation == name
          for genotype in drawn
          for edge in genotype.cells['normal'].edges
        ]
      )
      for name in names
    ]
    np.testing.assert_allclose(shares, p, atol=0.02)
    self.assertEqual(shares[4], 0)

  def test_rules_that_it_cannot_work_with(self):
    darts, dense = search_spaces['darts'], SupernetForm()
    selected = SupernetForm(paths='selected')
    check = ByValidation().check
    with self.assertRaisesRegex(InputError, "discretization='threshold'"):
      check(rule_of(SPACE, 'threshold'), SPACE, dense)
    # Two operations of one edge, of which one would not run.
    pairs = rule_of(darts, 'best_pairs')
    with self.assertRaisesRegex(InputError, "'best_pairs', paths=selected"):
      check(pairs, darts, selected)
    check(pairs, darts, dense)
    check(pairs, SPACE, selected)
    check(rule_of(darts), darts, selected)

  @parameterized.parameters(
    ('by_validation:samples=0', 'Received: samples=0'),
    ('by_validaton', "Did you mean 'by_validation'"),
  )
  def test_bad_input(self, text, message):
    with self.assertRaisesRegex(InputError, message):
      selections.make(text)


if __name__ == '__main__':
  absltest.main()
