"""A step on two replicas, in half precision, with remat, under XLA."""

import functools
from unittest import mock

import keras
import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from tensorflow.python.framework import config as framework_config

from darts_tf.architecture_gradient import architecture_gradients
from darts_tf.graph.precision import is_half, loss_scale
from darts_tf.models import Supernet
from darts_tf.optimizers import SGD, Adam
from darts_tf.penalty import BetaDecay
from darts_tf.relaxation import Architecture, Gumbel, HardGumbel, Softmax
from darts_tf.search.step import SearchStep
from darts_tf.search_space import (
  CellTopology,
  OperationStyle,
  SearchSpace,
  operations,
  register_operation,
  same_candidates,
)
from darts_tf.step import Alternating, Joint

# As few layers as have all kinds of statistics: tracing takes the time.
NAMES = ('none', 'max_pool_3x3', 'nor_conv_3x3')
BATCH = 4


def mirrored():
  return tf.distribute.MirroredStrategy(
    ['CPU:0', 'CPU:1'],
    # Collectives of several strategies in one process would collide.
    cross_device_ops=tf.distribute.ReductionToOneDevice(),
  )


def search_once(
  strategy,
  gradient,
  names=NAMES,
  relaxation=Softmax(),
  penalties=(),
  dtype='float64',
  remat=False,
  xla=None,
):
  """Takes one step; returns the metrics and all variables by owner."""
  topology = CellTopology.dense(num_inputs=2, num_nodes=1)
  space = SearchSpace(
    name='small', topology=topology, candidates=same_candidates(names, topology)
  )
  style = OperationStyle(pool_norm=True, synchronized=True, dtype=dtype)
  with strategy.scope():
    keras.utils.set_random_seed(3)
    supernet = Supernet(
      space, (8, 8, 3), 5, 2, 1, style=style, remat=remat, drop_path=True
    )
    # XLA draws other random numbers.
    supernet.drop_path_rate.assign(0.0 if xla is not None else 0.2)
    precise = (
      Supernet(
        space,
        (8, 8, 3),
        5,
        2,
        1,
        style=style.replace(dtype='float32'),
        drop_path=True,
      )
      if is_half(dtype)
      else None
    )
    architecture = Architecture(
      relaxation,
      space,
      supernet.groups,
      {'beta_decay': 25.0, 'temperature': 1.0},
      supernet.variable_dtype,
    )
    for rate in architecture.rates.values():
      rate.assign(0.5)
    architecture.initialize(0, scale=0.5)
    alphas = list(architecture.parameters.values())
    weight_optimizer = SGD(
      0.05,
      momentum=0.9,
      weight_decay=0.01,
      clip_norm=1.0,
      reduce_gradients=False,
    )
    weight_optimizer.build(supernet.trainable_variables)
    alpha_optimizer = Adam(
      0.1, beta_1=0.5, weight_decay=0.002, reduce_gradients=False
    )
    alpha_optimizer.build(alphas)
  # The inner step takes the momentum buffers along.
  for i, velocity in enumerate(weight_optimizer.velocities):
    velocity.assign(np.random.default_rng(i).normal(size=velocity.shape) * 0.01)
  step = SearchStep(
    supernet,
    architecture,
    architecture_gradients[gradient](),
    weight_optimizer,
    alpha_optimizer,
    strategy,
    BATCH,
    precise_supernet=precise,
    loss_scale=loss_scale(dtype),
    xla=bool(xla),
    step=Joint() if gradient == 'one_level' else Alternating(),
    penalties=penalties,
  )
  rng = np.random.default_rng(0)
  replicas = strategy.num_replicas_in_sync
  pair = []
  for _ in range(2):
    images = np.split(rng.normal(size=(BATCH, 8, 8, 3)), replicas)
    labels = np.split(rng.integers(5, size=BATCH), replicas)
    pair.append(
      tuple(
        strategy.experimental_distribute_values_from_function(
          lambda context, parts=parts: tf.constant(
            parts[context.replica_id_in_sync_group]
          )
        )
        for parts in (images, labels)
      )
    )
  metrics = step.search(*pair)
  return {
    'accuracy': [float(metrics.pop('train_accuracy'))],
    'metrics': [float(metrics[name]) for name in sorted(metrics)],
    'weights': [v.numpy() for v in supernet.trainable_variables],
    'states': [v.numpy() for v in supernet.non_trainable_variables],
    'alphas': [v.numpy() for v in alphas],
    # The first moments are the gradients, which Adam's first step hides.
    'moments': [v.numpy() for v in alpha_optimizer.variables],
    'velocities': [v.numpy() for v in weight_optimizer.velocities],
  }


@functools.cache
def exact_step():
  """Returns the step that those of half precision are compared with."""
  return search_once(
    tf.distribute.get_strategy(), 'second_order', dtype='float32'
  )


def distance(actual, expected) -> float:
  """|actual - expected| / |expected| over all arrays together."""
  flat = lambda arrays: np.concatenate(
    [np.ravel(a).astype(np.float64) for a in arrays]
  )
  actual, expected = flat(actual), flat(expected)
  return np.linalg.norm(actual - expected) / np.linalg.norm(expected)


class RematerializedTest(tf.test.TestCase, parameterized.TestCase):
  """To compute activations again changes nothing."""

  @parameterized.parameters(
    ('first_order', 1),
    ('second_order', 1),
    ('second_order', 2),
    ('amended', 1),
    ('one_level', 1),
    ('one_level', 2),
  )
  def test_equals_the_step_that_keeps_them(self, gradient, replicas):
    if replicas > len(tf.config.list_logical_devices('CPU')):
      self.skipTest('needs two logical CPU devices')
    strategy = mirrored if replicas == 2 else tf.distribute.get_strategy
    names = ('none', 'noise', 'max_pool_3x3', 'sep_conv_5x5')
    kept, again = (
      search_once(strategy(), gradient, names, remat=remat)
      for remat in (False, True)
    )
    for owner, expected in kept.items():
      self.assertLen(again[owner], len(expected))
      for a, b in zip(again[owner], expected):
        self.assertAllClose(a, b, rtol=1e-9, atol=1e-9, msg=owner)


class CompiledTest(tf.test.TestCase):
  """XLA computes the same step."""

  def test_equals_the_graph(self):
    # XLA has no deterministic pools; a test before may have asked for them.
    framework_config.disable_op_determinism()
    one = tf.distribute.get_strategy()
    graph = search_once(one, 'first_order', xla=False)
    compiled = search_once(one, 'first_order', xla=True)
    for owner, expected in graph.items():
      for a, b in zip(compiled[owner], expected):
        self.assertAllClose(a, b, rtol=1e-9, atol=1e-9, msg=owner)


class SearchReplicasTest(tf.test.TestCase, parameterized.TestCase):
  def setUp(self):
    super().setUp()
    if len(tf.config.list_logical_devices('CPU')) < 2:
      self.skipTest('needs two logical CPU devices')

  @parameterized.parameters(
    ('first_order',),
    ('second_order',),
    ('second_order_exact',),
    ('one_level',),
    ('first_order', Softmax(), (BetaDecay(),)),
    ('one_level', Softmax(), (BetaDecay(),)),
    ('one_level', Gumbel()),
    ('second_order', HardGumbel()),
  )
  def test_two_replicas_equal_one(
    self, gradient, relaxation=Softmax(), penalties=()
  ):
    one = search_once(
      tf.distribute.get_strategy(),
      gradient,
      relaxation=relaxation,
      penalties=penalties,
    )
    two = search_once(
      mirrored(), gradient, relaxation=relaxation, penalties=penalties
    )
    for owner, expected in one.items():
      self.assertLen(two[owner], len(expected))
      for a, b in zip(two[owner], expected):
        self.assertAllClose(a, b, rtol=1e-9, atol=1e-9, msg=owner)

  # How far results may be apart, as a share of their norm: rounding of each
  # layer, which a step in 8 or 11 bits adds up.
  @parameterized.parameters(
    ('float32', False, 2e-5),
    ('float32', True, 2e-5),
    ('mixed_bfloat16', False, 0.1),
    ('mixed_bfloat16', True, 0.1),
    ('mixed_float16', False, 1e-2),
    ('mixed_float16', True, 1e-2),
  )
  def test_two_replicas_equal_one_within_the_precision(
    self, dtype, remat, tolerance
  ):
    one = search_once(
      tf.distribute.get_strategy(), 'second_order', dtype=dtype, remat=remat
    )
    two = search_once(mirrored(), 'second_order', dtype=dtype, remat=remat)
    exact = dict(exact_step())
    del exact['accuracy']  # A single image is a quarter of it.
    for owner, expected in exact.items():
      for result in (one, two):
        self.assertLess(distance(result[owner], expected), tolerance, owner)
    # The tolerance tells a step that was taken from one that was not.
    self.assertGreater(
      distance([0 * v for v in exact['velocities']], exact['velocities']),
      5 * tolerance,
    )

  def test_registered_layers_with_state(self):
    # Dropout's state of draws and Keras' own normalization have other
    # aggregations than the layers of this package.
    with mock.patch.dict(operations._values):
      register_operation(
        'user_stack',
        lambda channels, stride: keras.Sequential(
          [
            keras.layers.Dropout(0.5),
            keras.layers.Conv2D(channels, 1, stride),
            keras.layers.BatchNormalization(),
          ]
        ),
      )
      result = search_once(
        mirrored(), 'first_order', ('user_stack', 'skip_connect')
      )
    for values in result.values():
      for value in values:
        self.assertAllEqual(np.isfinite(value), np.ones(np.shape(value), bool))


if __name__ == '__main__':
  tf.test.main()
