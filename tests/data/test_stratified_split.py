import numpy as np
from absl.testing import absltest, parameterized

from darts_tf.config.errors import InputError
from darts_tf.data import stratified_split


class StratifiedSplitTest(parameterized.TestCase):
  @parameterized.parameters(0.5, 0.2, 0.31, 0.9)
  def test_is_exact_and_even(self, fraction):
    labels = np.repeat([3, 0, 7], [50, 31, 20])
    first, second = stratified_split(labels, fraction, seed=4)
    self.assertLen(first, round(fraction * len(labels)))
    self.assertSequenceEqual(
      sorted([*first, *second]), list(range(len(labels)))
    )
    self.assertTrue((np.diff(first) > 0).all())
    self.assertTrue((np.diff(second) > 0).all())
    for label in (3, 0, 7):
      exact = fraction * (labels == label).sum()
      self.assertLess(abs((labels[first] == label).sum() - exact), 1)

  def test_depends_on_the_seed_alone(self):
    labels = np.tile(np.arange(4), 25)
    first, _ = stratified_split(labels, 0.5, seed=1)
    again, _ = stratified_split(labels, 0.5, seed=1)
    other, _ = stratified_split(labels, 0.5, seed=2)
    np.testing.assert_array_equal(first, again)
    self.assertFalse(np.array_equal(first, other))

  def test_choice_is_uniform_within_a_class(self):
    labels = np.zeros(10, int)
    chosen = np.zeros(10)
    for seed in range(400):
      chosen[stratified_split(labels, 0.5, seed)[0]] += 1
    # Each is chosen 200 times on average, with deviation 10.
    self.assertLess(np.abs(chosen - 200).max(), 50)

  def test_small_classes_are_on_both_sides(self):
    labels = np.repeat(np.arange(6), [2, 2, 2, 2, 100, 100])
    for fraction in (0.1, 0.9):
      first, second = stratified_split(labels, fraction, seed=0)
      self.assertLen(first, round(fraction * len(labels)))
      self.assertLen(set(labels[first]), 6)
      self.assertLen(set(labels[second]), 6)

  def test_fewer_places_than_classes(self):
    first, _ = stratified_split(np.repeat(np.arange(50), 2), 0.03, seed=0)
    self.assertLen(first, 3)

  @parameterized.parameters(
    ([0, 0, 1], 0.5, 0, 'expected 2 examples or more.*class 1'),
    ([0, 0], 0.0, 0, 'expected 0 < fraction < 1.*fraction=0.0'),
    ([0, 0], 1.0, 0, 'expected 0 < fraction < 1'),
    ([0, 0], 0.5, -1, 'seed=-1'),
    ([], 0.5, 0, r'expected shape \(n,\)'),
    ([[0, 0]], 0.5, 0, r'labels.shape=\(1, 2\)'),
  )
  def test_errors(self, labels, fraction, seed, message):
    with self.assertRaisesRegex(InputError, message):
      stratified_split(np.array(labels), fraction, seed)


if __name__ == '__main__':
  absltest.main()
