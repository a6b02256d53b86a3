"""The discrete network: heads, drop path, losses, saving, errors."""

import os
import pathlib

import keras
import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from darts_tf.config.errors import InputError
from darts_tf.data import DatasetInfo
from darts_tf.discretize import random_genotype
from darts_tf.export import export_network, verify_export
from darts_tf.genotype import CellGenotype, Edge, Genotype, load_genotype
from darts_tf.models import Network
from darts_tf.models.head import AuxiliaryHead
from darts_tf.search_space import OperationStyle, search_spaces

IMAGES = ((28, 28, 1), (9, 9, 3), (15, 10, 3))
DARTS = load_genotype('DARTS_V2')


def genotype(space):
  """A genotype of a space, with many kinds of operations."""
  if space == 'nas_bench_201':
    return Genotype.from_nas_bench_201_string(
      '|nor_conv_3x3~0|+|nor_conv_1x1~0|avg_pool_3x3~1|'
      '+|skip_connect~0|none~1|nor_conv_3x3~2|'
    )
  if space == 'course':
    cells = {
      kind: CellGenotype(
        tuple(
          Edge(n, s, t)
          for n, s, t in (
            ('sep_conv_3x3', 0, 2),
            ('skip_connect', 1, 2),
            ('max_pool_3x3', 0, 3),
            ('dil_conv_5x5', 2, 3),
            ('avg_pool_3x3', 1, 4),
            ('sep_conv_5x5', 3, 4),
          )
        ),
        (2, 3, 4),
      )
      for kind in ('normal', 'reduce')
    }
    return Genotype('course', cells)
  return DARTS


def images(shape=(8, 8, 3), count=4):
  return np.random.default_rng(0).normal(size=(count, *shape)).astype('float32')


def make(**changes):
  arguments = {
    'image_shape': (8, 8, 3),
    'num_classes': 5,
    'channels': 4,
    'num_cells': 3,
  } | changes
  return Network(arguments.pop('genotype', DARTS), **arguments)


def randomize(network):
  """Gives variables other values than a new network has."""
  rng = np.random.default_rng(1)
  for variable in network.weights:
    if 'seed' not in variable.path and variable.shape:
      variable.assign(
        rng.uniform(0.5, 1.5, size=variable.shape)
        * (0.1 if 'kernel' in variable.path else 1.0)
      )


class NetworkTest(tf.test.TestCase, parameterized.TestCase):
  @parameterized.product(
    space=('darts', 'course', 'nas_bench_201'), shape=IMAGES
  )
  def test_image_sizes(self, space, shape):
    units = (16, 8) if space == 'course' else None
    network = make(
      genotype=genotype(space),
      image_shape=shape,
      num_classes=7,
      head_units=units,
    )
    for training in (True, False):
      logits = network(images(shape), training=training)
      self.assertEqual(logits.shape, (4, 7))
      self.assertAllEqual(np.isfinite(logits), np.ones((4, 7), bool))
    self.assertEqual(network.compute_output_shape((None, *shape)), (None, 7))

  @parameterized.parameters(
    ('conv', 1, False),
    ('conv_1x', 1, False),
    ('strided', 2, False),
    ('imagenet', 8, True),
  )
  def test_stems(self, stem, stride, reduces):
    network = make(image_shape=(36, 44, 3), stem=stem)
    self.assertEqual(network.stem.stride, stride)
    self.assertEqual(network.stem.reduces, reduces)
    older, newer = network.stem(images((36, 44, 3)))
    shapes = network.stem.compute_output_shape((None, 36, 44, 3))
    self.assertEqual(tuple(older.shape)[1:], shapes[0][1:])
    self.assertEqual(tuple(newer.shape)[1:], shapes[1][1:])
    self.assertEqual(newer.shape[1], -(-36 // stride))
    self.assertEqual(network(images((36, 44, 3))).shape, (4, 5))

  def test_large_images_have_the_imagenet_stem(self):
    for size, blocks in ((95, 1), (96, 3)):
      network = make(image_shape=(size, 96, 3), channels=2, num_cells=1)
      self.assertLen(network.stem.blocks, blocks)

  def test_auxiliary_logits_in_training_only(self):
    network = make(auxiliary=True)
    logits, auxiliary = network(images(), training=True)
    self.assertEqual(logits.shape, (4, 5))
    self.assertEqual(auxiliary.shape, (4, 5))
    self.assertNotAllClose(logits, auxiliary)
    self.assertEqual(network(images(), training=False).shape, (4, 5))
    self.assertEqual(network(images()).shape, (4, 5))
    self.assertEqual(make()(images(), training=True).shape, (4, 5))

  @parameterized.parameters(
    (8, 8, (5, 5), (3, 3)),
    (7, 7, (5, 5), (2, 2)),
    (2, 2, (1, 1), (1, 1)),
    (3, 14, (2, 8), (1, 6)),
  )
  def test_auxiliary_head_pools_to_two_by_two(
    self, height, width, pool, strides
  ):
    head = AuxiliaryHead(5, OperationStyle(), (None, height, width, 6))
    self.assertEqual((head.pool, head.strides), (pool, strides))
    y = head(images((height, width, 6)), training=True)
    self.assertEqual(y.shape, (4, 5))

  def test_auxiliary_head_without_last_normalization(self):
    with_norm, without = (
      make(auxiliary=True, auxiliary_norm=norm) for norm in (True, False)
    )
    self.assertEqual(with_norm.count_params() - without.count_params(), 4 * 768)
    self.assertLen(without(images(), training=True), 2)

  def test_drop_path_rate_acts_without_a_new_trace(self):
    network = make(drop_path=True)
    traces = []

    def step(x):
      traces.append(x)
      return network(x, training=True)

    step = tf.function(step, autograph=False)
    first = step(images())
    # At the start the rate is zero: nothing is random.
    self.assertAllClose(step(images()), first, rtol=1e-5)
    network.drop_path_rate.assign(0.5)
    dropped = step(images())
    self.assertNotAllClose(dropped, first, rtol=1e-2)
    self.assertNotAllClose(step(images()), dropped, rtol=1e-2)
    network.drop_path_rate.assign(0.0)
    self.assertAllClose(step(images()), first, rtol=1e-5)
    self.assertLen(traces, 1)
    network.drop_path_rate.assign(0.5)
    self.assertAllEqual(network(images()), network(images()))
    self.assertIsNone(make().drop_path_rate)

  def test_drop_path_does_not_change_the_first_weights(self):
    weights = []
    for drop_path in (True, False):
      keras.utils.set_random_seed(0)
      network = make(drop_path=drop_path)
      weights.append(network.trainable_variables)
      self.assertLen(
        [v for v in network.variables if 'seed' in v.path],
        3 if drop_path else 0,
      )
    for a, b in zip(*weights, strict=True):
      self.assertAllEqual(a, b)

  def test_loss_adds_the_auxiliary_loss(self):
    network = make(auxiliary=True, auxiliary_weight=0.3)
    network.compile(
      loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    )
    labels = np.array([0, 4, 2, 2])
    rng = np.random.default_rng(0)
    logits, auxiliary = rng.normal(size=(2, 4, 5)).astype('f')
    entropy = lambda z: -np.mean(tf.nn.log_softmax(z).numpy()[range(4), labels])
    self.assertAllClose(
      network.compute_loss(y=labels, y_pred=(logits, auxiliary)),
      entropy(logits) + 0.3 * entropy(auxiliary),
    )
    self.assertAllClose(
      network.compute_loss(y=labels, y_pred=logits), entropy(logits)
    )

  def test_losses_of_layers_count_once(self):
    network = make(auxiliary=True)
    kernel = network.head.classifier.kernel
    kernel.regularizer = keras.regularizers.L2(0.1)
    network.compile(loss='mse')
    zeros = np.zeros((4, 5), 'f')
    self.assertAllClose(
      network.compute_loss(y=zeros, y_pred=(zeros, zeros)),
      0.1 * np.sum(kernel.numpy() ** 2),
    )

  def test_metrics_are_those_of_the_main_logits(self):
    network = make(auxiliary=True, drop_path=True)
    network.compile(
      optimizer='sgd',
      run_eagerly=True,
      metrics=['accuracy'],
      loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    labels = np.array([0, 4, 2, 2])
    before = network.get_weights()
    logits, auxiliary = network(images(), training=True)
    network.set_weights(before)
    loss = network.compute_loss(y=labels, y_pred=(logits, auxiliary))
    result = network.train_on_batch(images(), labels, return_dict=True)
    self.assertAllClose(result['loss'], loss, rtol=1e-4)
    self.assertAllClose(
      result['accuracy'], np.mean(np.argmax(logits, -1) == labels)
    )
    for variable in network.trainable_variables:
      self.assertAllEqual(np.isfinite(variable), np.ones(variable.shape, bool))
    evaluated = network.test_on_batch(images(), labels, return_dict=True)
    self.assertAllClose(
      evaluated['loss'],
      network.compute_loss(y=labels, y_pred=network(images())),
      rtol=1e-4,
    )

  @parameterized.parameters('darts', 'course', 'nas_bench_201')
  def test_is_rebuilt_from_its_configuration(self, space):
    options = {'genotype': genotype(space), 'head_units': (6,)}
    if space == 'darts':
      options |= {
        'auxiliary': True,
        'auxiliary_weight': 0.2,
        'drop_path': True,
        'stem': 'conv_1x',
        'name': 'mine',
        'style': OperationStyle(affine=False, dtype='float64'),
      }
    network = make(**options)
    randomize(network)
    other = Network.from_config(network.get_config())
    self.assertEqual(
      [v.shape for v in other.weights], [v.shape for v in network.weights]
    )
    other.set_weights(network.get_weights())
    self.assertAllEqual(other(images()), network(images()))
    self.assertEqual(other(images()).dtype, network(images()).dtype)
    self.assertEqual(other.genotype, network.genotype)
    for name in ('name', 'style', 'image_shape', 'auxiliary_weight'):
      self.assertEqual(getattr(other, name), getattr(network, name))

  def test_saving_and_loading(self):
    network = make(auxiliary=True, drop_path=True)
    randomize(network)
    network.drop_path_rate.assign(0.25)
    path = os.path.join(self.get_temp_dir(), 'network.keras')
    network.save(path)
    loaded = keras.models.load_model(path)
    self.assertIsInstance(loaded, Network)
    self.assertAllEqual(loaded(images()), network(images()))
    self.assertEqual(loaded.genotype, network.genotype)
    self.assertAllEqual(loaded.drop_path_rate, 0.25)
    # The auxiliary head has been kept, too.
    for model in (loaded, network):
      model.drop_path_rate.assign(0.0)
    for a, b in zip(
      loaded(images(), training=True), network(images(), training=True)
    ):
      self.assertAllClose(a, b)

  def test_networks_of_version_0_1_load(self):
    # Written by that version, where each weight was a variable, with what it
    # computed.
    path = pathlib.Path(__file__).with_name('version_0_1.keras')
    x = np.linspace(-1, 1, 2 * 8 * 8 * 3).reshape(2, 8, 8, 3).astype('f')
    self.assertAllClose(
      keras.models.load_model(path)(x),
      [
        [0.08800841122865677, 0.3096054196357727, 0.11986633390188217],
        [1.6710457801818848, 3.073690891265869, 1.8660571575164795],
      ],
      rtol=1e-5,
    )

  def test_files_without_the_weights_of_a_cell_are_refused(self):
    network = make()
    cell = network.cells[0]
    cell.load_own_variables({})
    layer = cell.preprocess[1]
    with self.assertRaisesRegex(ValueError, 'Expected 1 weights'):
      layer.load_own_variables({})
    cell.load_own_variables({})
    kernel = layer.kernel.numpy()
    layer.load_own_variables({'0': kernel + 1})
    self.assertAllEqual(layer.kernel.numpy(), kernel + 1)

  def test_weights_alone_can_be_saved(self):
    network, other = (
      make(genotype=genotype('nas_bench_201')) for _ in range(2)
    )
    randomize(network)
    path = os.path.join(self.get_temp_dir(), 'network.weights.h5')
    network.save_weights(path)
    other.load_weights(path)
    self.assertAllEqual(other(images()), network(images()))

  def noisy(self):
    """A network with noise beside convolutions."""
    cell = CellGenotype(
      tuple(
        Edge(name, s, t)
        for t in range(2, 6)
        for s, name in enumerate(('noise', 'sep_conv_3x3'))
      ),
      (2, 3, 4, 5),
    )
    return make(genotype=Genotype('s4', {'normal': cell, 'reduce': cell}))

  def test_noise_is_saved_with_the_network(self):
    network = self.noisy()
    self.assertNotAllEqual(
      network(images(), training=True), network(images(), training=True)
    )
    path = os.path.join(self.get_temp_dir(), 'noise.keras')
    network.save(path)
    loaded = keras.models.load_model(path)
    self.assertAllClose(loaded(images()), network(images()), atol=1e-6)
    self.assertAllClose(
      loaded(images(), training=True),
      network(images(), training=True),
      atol=1e-5,
    )

  def test_noise_of_an_exported_network_is_that_of_the_seed(self):
    network = self.noisy()
    path = os.path.join(self.get_temp_dir(), 'noisy_export')
    info = DatasetInfo(
      'toy', (8, 8, 3), tuple('abcde'), (0.5, 0.5, 0.5), (0.2, 0.2, 0.2), 9, 9
    )
    export_network(network, info, path)
    pixels = np.random.default_rng(0).integers(0, 256, (5, 8, 8, 3), np.uint8)
    self.assertLess(verify_export(path, network, pixels), 1e-5)
    served = tf.saved_model.load(path)
    first = served(tf.constant(pixels))
    self.assertAllEqual(served(tf.constant(pixels)), first)
    self.assertAllClose(served(tf.constant(pixels[3:])), first[3:])

  def test_a_network_of_noise_alone_trains(self):
    cell = CellGenotype(
      tuple(Edge('noise', 0, t) for t in range(2, 6)), (2, 3, 4, 5)
    )
    network = make(genotype=Genotype('s4', {'normal': cell, 'reduce': cell}))
    network.compile(
      optimizer='sgd',
      run_eagerly=True,
      loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    before = network.head.classifier.kernel.numpy()
    self.assertTrue(
      np.isfinite(network.train_on_batch(images(), np.array([0, 4, 2, 2])))
    )
    self.assertNotAllEqual(network.head.classifier.kernel, before)

  def test_cells_of_their_own(self):
    space = search_spaces['amended_s2']
    own = random_genotype(space, 0, 4)
    network = make(genotype=own, num_cells=4)
    for name, cell in zip(own.cells, network.cells):
      self.assertEqual(cell.genotype, own.cells[name])
      self.assertEqual(cell.name, name)
    for cells in (3, 5):
      with self.assertRaisesRegex(
        InputError,
        'for each of its 4 cells; expected a network of as'
        f' many. Received: cells={cells}',
      ):
        make(genotype=own, num_cells=cells)

  @parameterized.parameters('mixed_bfloat16', 'mixed_float16', 'float64')
  def test_precisions(self, dtype):
    network = make(
      auxiliary=True,
      drop_path=True,
      style=OperationStyle(affine=True, dtype=dtype),
    )
    network.drop_path_rate.assign(0.2)
    for logits in network(images(), training=True):
      self.assertEqual(logits.dtype, network.variable_dtype)
      self.assertAllEqual(
        np.isfinite(tf.cast(logits, tf.float64)), np.ones((4, 5), bool)
      )

  @parameterized.parameters(
    ({'channels': 0}, 'Received: channels=0'),
    ({'channels': -4}, 'Received: channels=-4'),
    ({'num_cells': 0}, 'Received: cells=0'),
    ({'num_classes': 1}, 'Received: num_classes=1'),
    (
      {'image_shape': (8, 2, 3)},
      'too small: 2 reductions and the .conv. stem need at least 4x4'
      ' pixels. Received: image_size=8x2',
    ),
    (
      {'channels': 5, 'stem': 'imagenet', 'image_shape': (64, 64, 3)},
      'expected an even number.*Received: channels=5',
    ),
    (
      {'image_shape': (4, 8, 3), 'auxiliary': True},
      'auxiliary head needs a map of at least 2x2.*Received: map=1x2',
    ),
    ({'stem': 'image_net'}, 'Unknown stem.*Did you mean .imagenet'),
  )
  def test_errors(self, changes, message):
    with self.assertRaisesRegex(InputError, message):
      make(**changes)


if __name__ == '__main__':
  tf.test.main()
