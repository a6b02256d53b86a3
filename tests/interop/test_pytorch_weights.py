"""Weights of the published implementation: the network's numbers, errors."""

import pathlib

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from darts_tf.config.errors import InputError
from darts_tf.genotype import CellGenotype, Edge, Genotype, load_genotype
from darts_tf.interop import load_pytorch_weights, pytorch_weights
from darts_tf.interop.names import torch_weights
from darts_tf.layers.form import SupernetForm
from darts_tf.models import Network, Supernet
from darts_tf.search_space import search_spaces

REFERENCE = (
  pathlib.Path(__file__).parents[1]
  / 'data'
  / 'reference'
  / 'network_parity_DARTS_V2.npz'
)


def relative_error(actual, expected):
  actual = tf.convert_to_tensor(actual).numpy()
  assert actual.shape == expected.shape
  return np.abs(actual - expected).max() / np.abs(expected).max()


def to_torch_layout(array, name):
  """Transposes as PyTorch has it: the inverse of what is tested."""
  if array.ndim == 4:
    depthwise = array.shape[-1] == 1 and array.shape[2] > 1
    return array.transpose((2, 3, 0, 1) if depthwise else (3, 2, 0, 1))
  return array.T if name.endswith('weight') else array


def small(genotype='DARTS_V2', **kwargs):
  return Network(load_genotype(genotype), (8, 8, 3), 5, 4, 3, **kwargs)


class NetworkParityTest(tf.test.TestCase):
  def test_equals_the_original_implementation(self):
    with np.load(REFERENCE) as arrays:
      z = dict(arrays)
    style = search_spaces['darts'].network_style.replace(dtype='float64')
    network = Network(
      load_genotype(str(z['genotype'])),
      (32, 32, 3),
      10,
      int(z['C']),
      int(z['layers']),
      auxiliary=True,
      style=style,
    )
    load_pytorch_weights(
      network,
      {k.removeprefix('w/'): v for k, v in z.items() if k.startswith('w/')},
    )
    logits, auxiliary = network(z['x'], training=True)
    self.assertLess(relative_error(logits, z['train_logits']), 1e-6)
    self.assertLess(relative_error(auxiliary, z['train_aux_logits']), 1e-6)
    statistics = {
      name: view for name, view in torch_weights(network) if 'running_' in name
    }
    expected = {
      k.removeprefix('b/'): v
      for k, v in z.items()
      if k.startswith('b/') and 'running_' in k
    }
    self.assertEqual(set(statistics), set(expected))
    self.assertNotEmpty(expected)
    for name, view in statistics.items():
      self.assertLess(relative_error(view.read(), expected[name]), 1e-6)
    self.assertLess(
      relative_error(network(z['x'], training=False), z['eval_logits']), 1e-6
    )


class LoadPytorchWeightsTest(tf.test.TestCase, parameterized.TestCase):
  @classmethod
  def setUpClass(cls):
    super().setUpClass()
    cls.network = small(auxiliary=True)
    rng = np.random.default_rng(0)
    cls.arrays = {
      name: rng.uniform(size=to_torch_layout(view.read(), name).shape)
      for name, view in torch_weights(cls.network)
    }

  def setUp(self):
    super().setUp()
    for variable in self.network.weights:
      if 'seed' not in variable.path:
        variable.assign(np.full(variable.shape, 7.0))

  def refused(self, arrays, message):
    with self.assertRaisesRegex(InputError, message):
      load_pytorch_weights(self.network, arrays)
    for variable in self.network.weights:
      self.assertAllEqual(np.unique(variable.numpy()), [7])

  def test_all_weights_are_loaded(self):
    load_pytorch_weights(self.network, self.arrays)
    loaded = pytorch_weights(self.network)
    self.assertEqual(set(loaded), set(self.arrays))
    for name, array in loaded.items():
      self.assertAllClose(to_torch_layout(array, name), self.arrays[name])
    for variable in self.network.weights:
      self.assertAllLess(variable, 7)

  def test_prefix_of_parallel_training_and_counters_are_ignored(self):
    arrays = {f'module.{name}': array for name, array in self.arrays.items()}
    arrays['module.stem.1.num_batches_tracked'] = np.array(3)
    load_pytorch_weights(self.network, arrays)
    self.assertAllClose(
      self.network.head.classifier.bias, self.arrays['classifier.bias']
    )

  def test_statistics_may_be_absent(self):
    load_pytorch_weights(
      self.network,
      {
        name: array
        for name, array in self.arrays.items()
        if 'running_' not in name
      },
    )
    norm = self.network.stem.blocks[0].norm_layer
    self.assertAllEqual(norm.moving_mean, np.full(12, 7.0))
    self.assertAllClose(norm.gamma, self.arrays['stem.1.weight'])

  def test_a_missing_weight_is_refused(self):
    arrays = dict(self.arrays)
    del arrays['cells.1.preprocess0.op.1.weight']
    self.refused(
      arrays,
      r'1 arrays are missing: cells\.1\.preprocess0\.op\.1\.weight;'
      r' .*Received: arrays=\d+',
    )

  def test_many_missing_weights_are_counted(self):
    self.refused(
      {},
      r'\d\d arrays are missing: stem\.0\.weight, .*, …;'
      ' .*Received: arrays=0',
    )

  def test_an_array_too_many_is_refused(self):
    self.refused(
      self.arrays | {'cells.9.bn.weight': np.zeros(3)},
      r'1 arrays belong to no weight of the model: cells\.9\.bn\.weight;',
    )

  def test_another_shape_is_refused(self):
    # The last array: all others would fit.
    self.refused(
      self.arrays | {'classifier.weight': np.zeros((5, 47))},
      r"'classifier\.weight' has another shape; expected \(64, 5\) after"
      r' transposition. Received: shape=\(47, 5\)',
    )

  @parameterized.parameters(
    lambda: Supernet(search_spaces['course'], (8, 8, 3), 5, 4, 2),
    lambda: Network(
      Genotype.from_nas_bench_201_string(
        '|nor_conv_3x3~0|+|none~0|none~1|+|none~0|none~1|skip_connect~2|'
      ),
      (8, 8, 3),
      5,
      4,
      3,
    ),
  )
  def test_models_of_another_kind_are_refused(self, make):
    model = make()
    with self.assertRaisesRegex(
      InputError, 'has no counterpart in the published implementation'
    ):
      load_pytorch_weights(model, {})

  def test_names_of_the_supernet_of_nas_bench_201(self):
    model = Supernet(search_spaces['nas_bench_201'], (8, 8, 3), 5, 4, 3)
    with self.assertRaisesRegex(
      InputError, r'\d\d arrays are missing: stem\.0\.weight, '
    ):
      load_pytorch_weights(model, {})
    names = pytorch_weights(model)
    for name, shape in (
      ('cells.0.edges.3<-1.3.op.1.weight', (3, 3, 4, 4)),
      # The residual block in front of the second cell counts as a cell.
      ('cells.1.conv_a.op.1.weight', (3, 3, 4, 8)),
      ('cells.1.conv_b.op.2.bias', (8,)),
      ('cells.1.downsample.1.weight', (1, 1, 4, 8)),
      ('cells.4.edges.1<-0.2.op.2.running_var', (16,)),
      ('lastact.0.weight', (16,)),
    ):
      self.assertEqual(names[name].shape, shape)
    self.assertNotIn('cells.5', ' '.join(names))
    self.assertNotIn('<-0.4.', ' '.join(names))  # Pools have no weights.
    self.loads_all(model)

  @parameterized.parameters(
    (
      SupernetForm(auxiliary_skip=True),
      'cells.1._ops.3.auxiliary_op.conv_2.weight',
      (1, 1, 16, 8),
    ),
    (
      SupernetForm(partial_channels=2),
      'cells.1._ops.3._ops.4.op.2.weight',
      (1, 1, 8, 8),
    ),
    (
      SupernetForm(paths='selected'),
      'cells.1._ops.3._ops.4.op.2.weight',
      (1, 1, 16, 16),
    ),
  )
  def test_forms_of_supernets(self, form, name, shape):
    model = Supernet(search_spaces['darts'], (8, 8, 3), 5, 4, 2, form=form)
    self.assertEqual(pytorch_weights(model)[name].shape, shape)
    self.loads_all(model)

  def loads_all(self, model):
    """Loads other numbers than there are, and looks at all variables."""
    before = [v.numpy() for v in model.trainable_variables]
    load_pytorch_weights(
      model,
      {
        name: to_torch_layout(view.read() + 1, name)
        for name, view in torch_weights(model)
      },
    )
    for old, variable in zip(before, model.trainable_variables, strict=True):
      self.assertAllClose(variable, old + 1)

  def test_other_operations_have_names(self):
    edges = [Edge('conv_7x1_1x7', 0, 2), Edge('sep_conv_7x7', 1, 2)]
    edges += [
      Edge('none', source, target)
      for target in (3, 4, 5, 6)
      for source in (0, 1)
    ]
    cell = CellGenotype(tuple(edges), (2, 3))
    genotype = Genotype('nasnet', {'normal': cell, 'reduce': cell})
    names = pytorch_weights(
      Network(genotype, (32, 32, 3), 5, 4, 1, stem='imagenet')
    )
    for name, shape in (
      ('stem0.0.weight', (3, 3, 3, 2)),
      ('stem0.3.weight', (3, 3, 2, 4)),
      ('stem1.1.weight', (3, 3, 4, 4)),
      ('cells.0.preprocess0.conv_2.weight', (1, 1, 4, 4)),
      ('cells.0._ops.0.1.weight', (1, 7, 8, 8)),
      ('cells.0._ops.0.2.weight', (7, 1, 8, 8)),
      ('cells.0._ops.0.3.running_var', (8,)),
      ('cells.0._ops.1.op.6.weight', (1, 1, 8, 8)),
    ):
      self.assertEqual(names[name].shape, shape)


if __name__ == '__main__':
  tf.test.main()
