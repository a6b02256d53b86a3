"""Stop rules on records written by hand."""

import numpy as np
from absl.testing import absltest, parameterized

from darts_tf.config.errors import InputError
from darts_tf.schedule import Course
from darts_tf.search_space import search_spaces
from darts_tf.stopping import EigenvalueGrowth, SkipConnections, StableRanking


def course(metrics, history=None):
  groups = {'normal': 'normal', 'reduce': 'reduce'}
  return Course(metrics, history or {}, groups, search_spaces['darts'])


def first_stop(rule, metrics, history=None):
  """The epoch in which a search ends, and that of its result."""
  for count in range(1, len(metrics) + 1):
    part = history and {g: h[: count + 1] for g, h in history.items()}
    result = rule.result_epoch(course(metrics[:count], part))
    if result is not None:
      return count - 1, result
  return None


class SkipsTest(absltest.TestCase):
  def metrics(self, counts, cell='normal'):
    return [{'skip_connections': {cell: n, 'reduce': 3}} for n in counts]

  def test_by_hand(self):
    metrics = self.metrics([0, 0, 1, 1, 2])
    self.assertEqual(first_stop(SkipConnections(), metrics), (4, 4))
    self.assertEqual(
      first_stop(SkipConnections(stop_before=True), metrics), (4, 3)
    )
    self.assertEqual(
      first_stop(SkipConnections(stop_skips=1, stop_epochs=4), metrics), (3, 3)
    )
    self.assertIsNone(first_stop(SkipConnections(stop_skips=3), metrics))

  def test_cells_of_other_names(self):
    metrics = self.metrics([0, 2], cell='cell_00')
    self.assertEqual(
      first_stop(SkipConnections(stop_cell='cell_00'), metrics), (1, 1)
    )
    # Without such a cell, the one with most of them counts.
    self.assertEqual(first_stop(SkipConnections(), metrics), (0, 0))

  def test_a_stop_before_the_first_epoch_is_refused(self):
    with self.assertRaisesRegex(InputError, 'Received: stop_skips=0'):
      SkipConnections(stop_skips=0)


class RankingTest(absltest.TestCase):
  def history(self, rankings):
    """Weights of which the last entry, of the convolution, ranks edges."""
    weights = []
    for order in rankings:
      w = np.zeros([14, 8])
      w[:, 4:8] = np.array(order)
      weights.append(w)
    return {'normal': weights, 'reduce': weights}

  def test_by_hand(self):
    # Constant from epoch 3 on: comparisons 4 to 13 are equal.
    orders = [[i, 3, 2, 1] for i in (5, 0, 5, 0)] + [[9, 3, 2, 1]] * 20
    history = self.history(orders)
    metrics = [{}] * 23
    self.assertEqual(self.stop(metrics, history), (13, 13))

  def stop(self, metrics, history, **options):
    return first_stop(StableRanking(**options), metrics, history)

  def test_candidates_without_weights_do_not_count(self):
    rng = np.random.default_rng(0)
    history = self.history([[4, 3, 2, 1]] * 6)
    for weights in history['normal']:
      weights[:, :4] = rng.random([14, 4])
    self.assertEqual(self.stop([{}] * 5, history, ranking_patience=3), (3, 3))

  def test_a_ranking_that_changes(self):
    history = self.history([[i % 2 * 9, 3, 2, 1] for i in range(30)])
    self.assertIsNone(self.stop([{}] * 29, history, ranking_patience=1))


class EigenvalueTest(parameterized.TestCase):
  def metrics(self, last):
    """One eigenvalue every second epoch: 1, and `last` from epoch 16 on."""
    return [
      {} if epoch % 2 else {'eigenvalue': 1.0 if epoch < 16 else last}
      for epoch in range(60)
    ]

  def stop(self, last, **options):
    rule = EigenvalueGrowth(**{'eigenvalue_offset': 0.0, **options})
    return first_stop(rule, self.metrics(last))

  def test_by_hand(self):
    self.assertEqual(self.stop(1.4), (22, 10))
    # The paper's ratio, and growth that is too small.
    self.assertIsNone(self.stop(1.4, eigenvalue_ratio=1 / 0.75))
    self.assertIsNone(self.stop(1.37))

  def test_the_earlier_epoch_must_be_late_enough(self):
    # Averages grow from epoch 14 on; earlier results are not allowed.
    self.assertEqual(self.stop(50.0), (22, 10))
    self.assertEqual(self.stop(50.0, eigenvalue_first=0), (16, 4))
    self.assertEqual(self.stop(50.0, eigenvalue_first=12), (24, 12))

  def test_offset(self):
    # (1.4 + 9) / (1 + 9) is no growth.
    self.assertIsNone(self.stop(1.4, eigenvalue_offset=9.0))

  def test_only_after_a_measurement(self):
    rule = EigenvalueGrowth(eigenvalue_offset=0.0)
    metrics = self.metrics(1.4)
    self.assertEqual(rule.result_epoch(course(metrics[:23])), 10)
    self.assertIsNone(rule.result_epoch(course(metrics[:24])))
    self.assertIsNone(rule.result_epoch(course([{}])))
    self.assertEqual(rule.measures, {'eigenvalue_every': 2})

  @parameterized.parameters(
    ({'eigenvalue_ratio': 1.0}, 'eigenvalue_ratio=1'),
    ({'eigenvalue_window': 4}, 'eigenvalue_window=4'),
  )
  def test_refused(self, options, message):
    with self.assertRaisesRegex(InputError, message):
      EigenvalueGrowth(**options)


if __name__ == '__main__':
  absltest.main()
