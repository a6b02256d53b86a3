"""Edges computed together equal the operations computed one by one."""

import contextlib

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from darts_tf.graph.shared_functions import SharedFunctions
from darts_tf.layers import MixedEdges, build_operation
from darts_tf.layers.batch_norm import frozen_averages
from darts_tf.search_space import search_spaces

UNEQUAL = (
  ('none', 'sep_conv_3x3'),
  ('max_pool_3x3', 'skip_connect', 'sep_conv_3x3'),
  ('none',),
  ('dil_conv_5x5', 'none', 'avg_pool_3x3', 'sep_conv_3x3'),
  ('skip_connect', 'none', 'max_pool_3x3'),
)
EQUAL = ('max_pool_3x3', 'skip_connect', 'sep_conv_5x5', 'dil_conv_3x3')
CASES = []
for _stride in (1, 2):
  for _space in ('darts', 'course', 'nas_bench_201'):
    _names = search_spaces[_space].candidates['normal'][0]
    CASES.append((f'{_space}_{_stride}', _space, (_names,) * 3, _stride))
    CASES.append((f'{_space}_one_{_stride}', _space, (_names,), _stride))
  CASES.append((f'unequal_{_stride}', 'darts', UNEQUAL, _stride))
  CASES.append(
    (
      f'nasnet_{_stride}',
      'nasnet',
      (('sep_conv_7x7', 'conv_7x1_1x7'),) * 2,
      _stride,
    )
  )
# Even sizes let dilated kernels take the image apart.
FORMS = {
  'apart_odd': (True, (7, 8)),
  'apart_even': (True, (8, 6)),
  'joined_odd': (False, (7, 8)),
  'joined_even': (False, (8, 6)),
}


class MixedEdgesTest(tf.test.TestCase, parameterized.TestCase):
  def make(
    self, space, candidates, stride, apart=True, size=(7, 8), functions=None
  ):
    """A layer with random weights, its input and its mixing weights."""
    rng = np.random.default_rng(3)
    style = search_spaces[space].search_style.replace(dtype='float64')
    layer = MixedEdges(
      candidates, 4, stride, style, apart=apart, functions=functions
    )
    layer.build((None, *size, 4))
    for edge, names in enumerate(candidates):
      for name in names:
        for key, view in layer.weight_views(edge, name).items():
          value = rng.normal(size=view.read().shape)
          view.assign(np.exp(value) if 'variance' in key else value)
    x = tf.constant(rng.normal(size=(3, *size, 4)))
    weights = tf.constant(
      rng.uniform(size=(len(candidates), max(map(len, candidates))))
    )
    return layer, x, weights, style

  def single(self, layer, edge, name, stride, style, size):
    """The operation alone, with the weights of the edge."""
    operation = build_operation(name, 4, stride, style)
    operation.build((None, *size, 4))
    views = layer.weight_views(edge, name)
    own = operation.weight_views()
    self.assertEqual(list(views), list(own))
    for key, view in own.items():
      view.assign(views[key].read())
    return operation

  @parameterized.named_parameters(
    (f'{case}_{form}', *arguments, *options)
    for case, *arguments in CASES
    for form, options in FORMS.items()
  )
  def test_equals_the_sum_of_single_operations(
    self, space, candidates, stride, is_apart, size
  ):
    layer, x, weights, style = self.make(
      space, candidates, stride, is_apart, size
    )
    singles = [
      [self.single(layer, edge, name, stride, style, size) for name in names]
      for edge, names in enumerate(candidates)
    ]
    for training in (False, True):
      with tf.GradientTape(persistent=True) as tape:
        tape.watch([x, weights])
        together = layer(x, weights, training=training)
        apart = [
          tf.add_n(
            [
              weights[e, k] * operation(x, training=training)
              for k, operation in enumerate(operations)
            ]
          )
          for e, operations in enumerate(singles)
        ]
        # A loss in which every output pixel counts differently.
        factors = [
          tf.constant(np.random.default_rng(e).normal(size=y.shape))
          for e, y in enumerate(apart)
        ]
        losses = [
          tf.add_n([tf.reduce_sum(f * y) for f, y in zip(factors, outputs)])
          for outputs in (together, apart)
        ]
      self.assertLen(together, len(candidates))
      self.assertEqual(
        [tuple(y.shape)[1:] for y in together],
        [s[1:] for s in layer.compute_output_shape((None, *size, 4))],
      )
      for actual, expected in zip(together, apart):
        self.assertAllClose(actual, expected, rtol=1e-9, atol=1e-9)
      gradients = [
        tape.gradient(
          loss, [weights, x], unconnected_gradients=tf.UnconnectedGradients.ZERO
        )
        for loss in losses
      ]
      for actual, expected in zip(*gradients):
        self.assertAllClose(actual, expected, rtol=1e-8, atol=1e-8)
    self.check_gradients(layer, singles, candidates, tape, losses)
    self.check_statistics(layer, singles, candidates)

  def check_gradients(self, layer, singles, candidates, tape, losses):
    """The gradient of each weight is that of the operation alone."""
    together = dict(
      zip(
        map(id, layer.trainable_variables),
        tape.gradient(losses[0], layer.trainable_variables),
      )
    )
    alone = [
      v
      for operations in singles
      for operation in operations
      for v in operation.trainable_variables
    ]
    apart = dict(zip(map(id, alone), tape.gradient(losses[1], alone)))
    for edge, names in enumerate(candidates):
      for name, operation in zip(names, singles[edge]):
        views = layer.weight_views(edge, name)
        for key, own in operation.weight_views().items():
          if own.variable.trainable:
            view = views[key]
            self.assertAllClose(
              view.share_of(together[id(view.holder)].numpy()),
              apart[id(own.variable)],
              rtol=1e-8,
              atol=1e-8,
            )

  def check_statistics(self, layer, singles, candidates):
    """Running statistics have moved alike."""
    for edge, names in enumerate(candidates):
      for name, operation in zip(names, singles[edge]):
        views = layer.weight_views(edge, name)
        for key, own in operation.weight_views().items():
          self.assertAllClose(views[key].read(), own.read(), rtol=1e-10)

  @parameterized.named_parameters(
    (
      f'{name}_{stride}_{"apart" if apart else "joined"}',
      candidates,
      stride,
      apart,
    )
    for name, candidates in (('equal', (EQUAL,) * 2), ('unequal', UNEQUAL))
    for stride in (1, 2)
    for apart in (True, False)
  )
  def test_graph_equals_eager(self, candidates, stride, apart):
    """Functions that edges share, and their gradients, change no number."""
    layer, x, weights, _ = self.make('darts', candidates, stride, apart, (8, 6))
    start = [v.numpy() for v in layer.variables]
    names = [v.name for v in layer.variables]
    self.assertEqual(names, ['kernels', 'averages'])

    def run(followed, training, frozen):
      sources = {
        'x': x,
        'weights': weights,
        'kernels': layer.variables[0].value,
      }
      sources = [sources[name] for name in followed]
      with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(sources)
        with frozen_averages() if frozen else contextlib.nullcontext():
          outputs = layer(x, weights, training=training)
        loss = tf.add_n(
          [(e + 1.0) * tf.reduce_sum(y**3) for e, y in enumerate(outputs)]
        )
      return outputs, tape.gradient(
        loss, sources, unconnected_gradients=tf.UnconnectedGradients.ZERO
      )

    everything = 'x', 'weights', 'kernels'
    for followed, training, frozen in (
      (everything, True, False),
      (everything[:2], True, True),
      (everything[2:], False, False),
    ):
      results, averages = [], []
      for compute in (run, tf.function(run, autograph=False)):
        for variable, value in zip(layer.variables, start, strict=True):
          variable.assign(value)
        results.append(compute(followed, training, frozen))
        averages.append(layer.variables[1].numpy())
      self.assertAllClose(*results, rtol=1e-10, atol=1e-10)
      self.assertAllClose(*averages, rtol=1e-12)
      moved = not np.array_equal(averages[0], start[1])
      self.assertEqual(moved, training and not frozen)

  def test_functions_are_not_shared_between_sizes(self):
    """Dilated kernels arrange images of even sizes only."""
    functions = SharedFunctions()
    candidates = (('dil_conv_3x3', 'max_pool_3x3'),) * 2
    layers, images = [], []
    for size in (8, 7):
      layer, x, weights, _ = self.make(
        'darts', candidates, 1, True, (size, 8), functions
      )
      layers.append(layer)
      images.append(x)
    run = lambda: [
      layer(x, weights) for layer, x in zip(layers, images, strict=True)
    ]
    self.assertAllClose(tf.function(run, autograph=False)(), run(), rtol=1e-10)

  def test_views_of_edges_do_not_overlap(self):
    layer, _, _, _ = self.make('course', (('sep_conv_3x3',),) * 3, 1)
    for edge in range(3):
      for view in layer.weight_views(edge, 'sep_conv_3x3').values():
        view.assign(np.full(view.read().shape, float(edge)))
    for edge in range(3):
      for view in layer.weight_views(edge, 'sep_conv_3x3').values():
        self.assertAllEqual(view.read(), np.full(view.read().shape, edge))
    for variable in layer.variables:
      self.assertAllEqual(np.unique(variable.numpy()), [0, 1, 2])

  def test_none_adds_nothing_where_the_input_is_infinite(self):
    layer, x, weights, _ = self.make(
      'darts', (('none', 'sep_conv_3x3'), ('none',)), 2
    )
    x = tf.fill(x.shape, tf.constant(np.inf, tf.float64))
    self.assertEqual(layer.weight_views(1, 'none'), {})
    self.assertAllEqual(layer(x, weights)[1], np.zeros((3, 4, 4, 4)))

  def test_mixing_weights_may_be_float32_in_half_precision(self):
    style = search_spaces['darts'].search_style.replace(dtype='mixed_bfloat16')
    layer = MixedEdges((('sep_conv_3x3', 'skip_connect'),) * 2, 4, 1, style)
    layer.build((None, 8, 8, 4))
    outputs = layer(tf.ones([2, 8, 8, 4]), tf.fill([2, 2], 0.5), training=True)
    self.assertEqual(outputs[0].dtype, tf.bfloat16)

  def test_is_rebuilt_from_its_configuration(self):
    layer, x, weights, _ = self.make('darts', UNEQUAL, 2)
    other = MixedEdges.from_config(layer.get_config())
    other.build((None, 7, 8, 4))
    other.set_weights(layer.get_weights())
    for a, b in zip(other(x, weights), layer(x, weights)):
      self.assertAllEqual(a, b)


if __name__ == '__main__':
  tf.test.main()
