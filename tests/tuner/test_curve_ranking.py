import numpy as np
import tensorflow as tf

from darts_tf.tuner.curve_ranking import Curve, CurveRanking


def curves(count, length, seed, choices=None):
  """Saturating curves whose ends are ordered as their beginnings."""
  draw = np.random.default_rng(seed)
  ends = draw.uniform(0.5, 1, count)
  epochs = np.arange(1, length + 1)
  return [
    Curve(
      tuple(end * (1 - 0.7**epochs) + draw.normal(0, 0.005, length)),
      {} if choices is None else {'operation': choices(end)},
    )
    for end in ends
  ]


class CurveRankingTest(tf.test.TestCase):
  def agreement(self, ranking, tested, epochs):
    """Share of pairs that are ranked as they end."""
    right = [
      (ranking.probability(Curve(a.values[:epochs], a.choices), b) > 0.5)
      == (a.values[-1] > b.values[-1])
      for a in tested
      for b in tested
      if abs(a.values[-1] - b.values[-1]) > 0.05
    ]
    return np.mean(right)

  def test_ranks_by_beginnings(self):
    ranking = CurveRanking(curves(20, 10, 0))
    tested = curves(12, 10, 1)
    self.assertGreater(self.agreement(ranking, tested, 2), 0.9)
    self.assertGreater(self.agreement(ranking, tested, 6), 0.9)

  def test_ranks_by_architectures(self):
    # Curves that say nothing until they end.
    late = lambda end, kind: Curve((0.5,) * 7 + (end,), {'operation': kind})
    draw = np.random.default_rng(2)
    known = [
      late(
        draw.uniform(*((0.8, 1) if i % 2 else (0.5, 0.7))),
        'conv' if i % 2 else 'skip',
      )
      for i in range(16)
    ]
    ranking = CurveRanking(known)
    good, bad = (
      Curve((0.5,), {'operation': 'conv'}),
      Curve((0.5,), {'operation': 'skip'}),
    )
    self.assertGreater(ranking.probability(good, bad), 0.8)
    self.assertLess(ranking.probability(bad, good), 0.2)

  def test_probabilities_are_those_of_a_pair(self):
    ranking = CurveRanking(curves(8, 6, 3))
    a, b = (Curve(c.values[:3]) for c in curves(2, 6, 4))
    self.assertAllClose(
      ranking.probability(a, b) + ranking.probability(b, a), 1, atol=1e-6
    )
    self.assertAllClose(ranking.probability(a, a), 0.5)

  def test_is_the_same_every_time(self):
    known = curves(6, 5, 5)
    a, b = (Curve(c.values[:2]) for c in curves(2, 5, 6))
    self.assertEqual(
      *(CurveRanking(known, seed=1).probability(a, b) for _ in range(2))
    )


if __name__ == '__main__':
  tf.test.main()
