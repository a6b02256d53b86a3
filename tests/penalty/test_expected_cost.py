"""The expected cost of an architecture."""

import numpy as np
import tensorflow as tf
from penalty_views import view_of

from darts_tf.config.errors import InputError
from darts_tf.penalty import Costs, ExpectedCost
from darts_tf.search_space import CellTopology, SearchSpace, same_candidates

TOPOLOGY = CellTopology.dense(1, 1)
SPACE = SearchSpace(
  name='one_edge',
  topology=TOPOLOGY,
  candidates=same_candidates(
    ('sep_conv_3x3', 'sep_conv_5x5', 'none'), TOPOLOGY, ('normal',)
  ),
)


class ExpectedCostTest(tf.test.TestCase):
  def view(self, alphas, constant=0.0):
    costs = Costs({'normal': np.array([[10.0, 20.0, 0.0]])}, constant)
    return view_of(SPACE, {'normal': alphas}, costs={'parameters': costs})

  def test_by_hand(self):
    alphas = tf.constant(np.log([[0.5, 0.3, 0.2]]))
    penalty = ExpectedCost(parameters=22.0, cost_weight=2.2)
    with tf.GradientTape() as tape:
      tape.watch(alphas)
      value = penalty(self.view(alphas))
    # The cost is 11, half of the reference.
    self.assertAllClose(value, -1.1)
    gradient = tape.gradient(value, alphas)
    self.assertAllClose(gradient, 0.1 * np.array([[-0.5, 2.7, -2.2]]))
    self.assertAllClose(penalty(self.view(alphas, constant=11.0)), 0.0)

  def test_terms_add_up(self):
    alphas = tf.zeros([1, 3], tf.float64)
    costs = Costs({'normal': np.array([[3.0, 6.0, 0.0]])}, 1.0)
    view = view_of(
      SPACE,
      {'normal': alphas},
      costs={'parameters': costs, 'multiply_adds': costs},
    )
    one = ExpectedCost(parameters=2.0, cost_weight=1.0)(view)
    both = ExpectedCost(parameters=2.0, multiply_adds=1.0, cost_weight=1.0)(
      view
    )
    self.assertAllClose(one, 1.0)
    self.assertAllClose(both, 1.0 + 3.0)

  def test_refused(self):
    with self.assertRaisesRegex(InputError, 'needs a reference'):
      ExpectedCost()
    with self.assertRaisesRegex(InputError, 'Received: multiply_adds=0'):
      ExpectedCost(multiply_adds=0.0)


if __name__ == '__main__':
  tf.test.main()
