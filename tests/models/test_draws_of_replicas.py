"""Two replicas draw for their images what one device draws for all."""

import keras
import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from darts_tf.genotype import CellGenotype, Edge, Genotype
from darts_tf.layers import MixingWeights
from darts_tf.models import Network, Supernet
from darts_tf.search_space import OperationStyle, search_spaces

BATCH = 6
STYLE = OperationStyle(synchronized=True, dtype='float64')
IMAGES = np.random.default_rng(0).normal(size=(BATCH, 8, 8, 3))


def mirrored():
  return tf.distribute.MirroredStrategy(
    ['CPU:0', 'CPU:1'], cross_device_ops=tf.distribute.ReductionToOneDevice()
  )


def make_supernet():
  return Supernet(
    search_spaces['s4'], (8, 8, 3), 5, 2, 1, style=STYLE, drop_path=True
  )


def make_network():
  cell = CellGenotype(
    (
      Edge('sep_conv_3x3', 0, 2),
      Edge('noise', 1, 2),
      Edge('sep_conv_3x3', 2, 3),
    ),
    (2, 3),
  )
  genotype = Genotype('s4', {'normal': cell, 'reduce': cell})
  return Network(genotype, (8, 8, 3), 5, 2, 1, style=STYLE, drop_path=True)


def call_supernet(model, images):
  weights = np.random.default_rng(1).uniform(size=(14, 2))
  mixing = MixingWeights(tf.constant(weights))
  return model(images, {group: mixing for group in model.groups}, training=True)


def call_network(model, images):
  return model(images, training=True)


class DrawsOfReplicasTest(tf.test.TestCase, parameterized.TestCase):
  def outputs(self, strategy, make, call, steps=2):
    """Logits of the global batch in each step, and the final state."""
    with strategy.scope():
      keras.utils.set_random_seed(3)
      model = make()
    model.drop_path_rate.assign(0.4)
    shares = np.split(IMAGES, strategy.num_replicas_in_sync)
    batch = strategy.experimental_distribute_values_from_function(
      lambda context: tf.constant(shares[context.replica_id_in_sync_group])
    )
    run = tf.function(
      lambda x: strategy.run(lambda y: call(model, y), (x,)), autograph=False
    )
    logits = [
      tf.concat(strategy.experimental_local_results(run(batch)), 0)
      for _ in range(steps)
    ]
    return logits, [v.numpy() for v in model.non_trainable_variables]

  @parameterized.parameters(
    (make_supernet, call_supernet), (make_network, call_network)
  )
  def test_equals_one_device(self, make, call):
    if len(tf.config.list_logical_devices('CPU')) < 2:
      self.skipTest('needs two logical CPU devices')
    one, states = self.outputs(tf.distribute.get_strategy(), make, call)
    two, others = self.outputs(mirrored(), make, call)
    self.assertNotAllClose(one[0], one[1], rtol=1e-2)
    for a, b in zip(one, two):
      self.assertAllClose(a, b, rtol=1e-9, atol=1e-9)
    for a, b in zip(states, others, strict=True):
      self.assertAllClose(a, b, rtol=1e-9, atol=1e-9)


if __name__ == '__main__':
  tf.test.main()
