"""Networks of cells whose nodes have any number of inputs."""

import os

import keras
import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from darts_tf.analysis import describe_network, multiply_adds, parameters
from darts_tf.genotype import CellGenotype, Genotype
from darts_tf.models import Network
from darts_tf.training.build import compile_network
from darts_tf.training.config import TrainConfig

# Nothing leads to node 4, which is all that node 5 reads.
_MISSING = CellGenotype(
  (('sep_conv_3x3', 0, 2), ('skip_connect', 2, 3), ('sep_conv_3x3', 4, 5)),
  (2, 3, 4, 5),
)
# One, two, three and six inputs; two operations between nodes 0 and 3.
_MANY = CellGenotype(
  (
    ('sep_conv_3x3', 1, 2),
    ('skip_connect', 0, 3),
    ('max_pool_3x3', 0, 3),
    ('dil_conv_3x3', 0, 4),
    ('skip_connect', 1, 4),
    ('sep_conv_5x5', 3, 4),
    *(('avg_pool_3x3', source, 5) for source in range(5)),
    ('sep_conv_3x3', 2, 5),
  ),
  (2, 3, 4, 5),
)
# The same with all inputs read.
_READ = CellGenotype((*_MISSING.edges, ('max_pool_3x3', 1, 3)), (2, 3, 4, 5))
_CELLS = {'missing': _MISSING, 'read': _READ, 'many': _MANY}


def make(cell, **options):
  return Network(
    Genotype('darts', {'normal': cell, 'reduce': cell}),
    (8, 8, 3),
    5,
    4,
    3,
    **options,
  )


def images():
  return np.random.default_rng(0).normal(size=(6, 8, 8, 3)).astype('float32')


class MissingNodesTest(tf.test.TestCase, parameterized.TestCase):
  def test_costs(self):
    network = make(_MISSING)
    separable = lambda c: 2 * (9 * c + c * c + 2 * c)
    # Width 2 C: each cell has two of its four output nodes.
    expected = (
      27 * 12 + 2 * 12,
      2 * (12 * 4 + 2 * 4) + separable(4),
      12 * 8 + 2 * 8 + 8 * 8 + 2 * 8 + separable(8),
      8 * 16 + 2 * 16 + 16 * 16 + 2 * 16 + separable(16),
      32 * 5 + 5,
    )
    self.assertEqual(parameters(network), sum(expected))
    products = (
      64 * 27 * 12,
      64 * (2 * 12 * 4 + 2 * (9 * 4 + 4 * 4)),
      64 * (12 * 8 + 8 * 8) + 16 * 2 * (9 * 8 + 8 * 8),
      16 * (8 * 16 + 16 * 16) + 4 * 2 * (9 * 16 + 16 * 16),
      32 * 5,
    )
    self.assertEqual(multiply_adds(network, (8, 8, 3)), sum(products))
    self.assertEqual(describe_network(network)['parameters'], sum(expected))

  def test_the_rest_is_the_network_without_them(self):
    network, alone = make(_MISSING), make(_MISSING.live(2))
    self.assertEqual(
      [w.shape for w in network.weights], [w.shape for w in alone.weights]
    )
    alone.set_weights(network.get_weights())
    self.assertAllEqual(network(images()), alone(images()))

  @parameterized.parameters(*_CELLS)
  def test_training(self, name):
    keras.utils.set_random_seed(0)
    network = make(_CELLS[name], auxiliary=True, drop_path=True)
    network.drop_path_rate.assign(0.2)
    compile_network(network, TrainConfig(ema=0.9))
    before = [v.numpy() for v in network.trainable_variables]
    network.fit(images(), np.arange(6) % 5, batch_size=6, verbose=0)
    same = [
      variable.path
      for variable, old in zip(network.trainable_variables, before)
      if np.array_equal(variable, old)
    ]
    # In `missing` no edge reads the newer input of a cell.
    self.assertEqual(bool(same), name == 'missing', same)

  @parameterized.parameters(*_CELLS)
  def test_saved_and_loaded(self, name):
    network = make(_CELLS[name])
    path = os.path.join(self.get_temp_dir(), f'{name}.keras')
    network.save(path)
    loaded = keras.models.load_model(path)
    self.assertEqual(loaded.genotype, network.genotype)
    self.assertAllEqual(loaded(images()), network(images()))

  def test_weights_by_position_in_the_genotype(self):
    network = make(_MISSING)
    self.assertNotEmpty(network.operation_weights(0, 0))
    self.assertEqual(network.operation_weights(0, 2), {})


if __name__ == '__main__':
  tf.test.main()
