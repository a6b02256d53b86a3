"""Each relaxation in each search space."""

import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from conformance_cases import RELAXATIONS, SPACES, fewest_cells

from darts_tf.config.progress import Progress
from darts_tf.discretize import discretize
from darts_tf.relaxation import Architecture, Draw, Use, relaxations
from darts_tf.search_space import search_spaces


class RelaxationContracts(tf.test.TestCase, parameterized.TestCase):
  @parameterized.product(space=SPACES, relaxation=RELAXATIONS)
  def test_mixing_weights(self, space, relaxation):
    """Mixing weights are finite, differentiable, and zero past the last
    candidate of an edge; the same draw gives the same; without noise they
    are read by the space's own rule."""
    value = search_spaces[space]
    kinds = value.groups(fewest_cells(space))
    part = relaxations[relaxation]()
    rates = part.rates(Progress(0, 2, 0, 2))
    made = Architecture(part, value, kinds, rates)
    for name, rate in rates.items():
      made.rates[name].assign(rate)
    made.initialize(3, scale=0.5)
    draw = Draw(0, tf.constant(7, tf.int64), Use.WEIGHTS)
    tensors = made.tensors()
    factors = np.random.default_rng(0)
    with tf.GradientTape() as tape:
      tape.watch(tensors)
      mixing = made.mixing(tensors, draw)
      total = tf.add_n(
        [
          tf.reduce_sum(
            m.scaled() * factors.random(m.weights.shape).astype('f')
          )
          for m in mixing.values()
        ]
      )
    gradients = dict(zip(made.parameters, tape.gradient(total, tensors)))
    self.assertCountEqual(mixing, kinds)
    again, expected = made.mixing(tensors, draw), made.expected(tensors)
    for group, kind in kinds.items():
      mask = value.candidate_mask(kind)
      for array in (
        mixing[group].scaled().numpy(),
        expected[group].scaled().numpy(),
        gradients[f'{group}/alpha'].numpy(),
      ):
        self.assertEqual(array.shape, mask.shape)
        self.assertTrue(np.isfinite(array).all())
        self.assertAllEqual(array[~mask], np.zeros((~mask).sum()))
      self.assertTrue(gradients[f'{group}/alpha'].numpy().any())
      self.assertAllEqual(again[group].scaled(), mixing[group].scaled())
      self.assertAllEqual(
        made.expected(tensors)[group].scaled(), expected[group].scaled()
      )
      self.assertEqual(part.selects, mixing[group].selected is not None)
    genotype = discretize(value, made.weights(), kinds)
    search_spaces[space].check(genotype)


if __name__ == '__main__':
  tf.test.main()
