"""Each relaxation in each search space."""

import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from conformance_cases import RELAXATIONS, SPACES, fewest_cells

from darts_tf.discretize import discretize
from darts_tf.relaxation import relaxations
from darts_tf.search_space import search_spaces


class RelaxationContracts(tf.test.TestCase, parameterized.TestCase):
  @parameterized.product(space=SPACES, relaxation=RELAXATIONS)
  def test_mixing_weights(self, space, relaxation):
    """Mixing weights are finite, differentiable, and zero past the last
    candidate of an edge; the space's own rule reads them."""
    value = search_spaces[space]
    kinds = value.groups(fewest_cells(space))
    made = relaxations[relaxation](value, kinds)
    alphas = made.initial_alphas(3, scale=0.5)
    self.assertAllEqual(
      list(made.initial_alphas(3, scale=0.5).items())[0][1],
      list(alphas.items())[0][1],
    )
    tensors = {g: tf.constant(a, tf.float32) for g, a in alphas.items()}
    draw = np.random.default_rng(0)
    with tf.GradientTape() as tape:
      tape.watch(tensors)
      mixing = made.mixing(tensors)
      total = tf.add_n(
        [
          tf.reduce_sum(m.scaled() * draw.random(m.weights.shape).astype('f'))
          for m in mixing.values()
        ]
      )
    gradients = tape.gradient(total, tensors)
    self.assertCountEqual(mixing, kinds)
    for group, kind in kinds.items():
      mask = value.candidate_mask(kind)
      for array in (mixing[group].scaled().numpy(), gradients[group].numpy()):
        self.assertEqual(array.shape, mask.shape)
        self.assertTrue(np.isfinite(array).all())
        self.assertAllEqual(array[~mask], np.zeros((~mask).sum()))
      self.assertTrue(gradients[group].numpy().any())
    genotype = discretize(value, made.weights(alphas), kinds)
    search_spaces[space].check(genotype)


if __name__ == '__main__':
  tf.test.main()
