"""Weights that lie in one array are those that variables would have been."""

import keras
import numpy as np
import tensorflow as tf

from darts_tf.layers.copies import build_operation
from darts_tf.layers.edge_order import EdgeOrder
from darts_tf.layers.operation import Operation
from darts_tf.layers.separable_conv import SeparableConv
from darts_tf.layers.slots import (
  Slot,
  SlotArrays,
  given_values,
  join_values,
  slots_for_weights,
)
from darts_tf.search_space.style import OperationStyle

STYLE = OperationStyle(dtype='float64', affine=True)
SHAPE = (None, 6, 6, 4)


class _Holder(keras.layers.Layer):
  """A layer that keeps the weights of one operation."""

  def __init__(self):
    super().__init__(dtype='float64')
    self.operation = build_operation('sep_conv_3x3', 4, 1, STYLE, copies=3)
    with slots_for_weights() as slots:
      self.operation.build(SHAPE)
    self.slots = slots
    self.arrays = SlotArrays(self, slots)


def _alike() -> tuple[Operation, _Holder]:
  """An operation with variables, and one with slots, of one seed."""
  keras.utils.set_random_seed(3)
  plain = build_operation('sep_conv_3x3', 4, 1, STYLE, copies=3)
  plain.build(SHAPE)
  keras.utils.set_random_seed(3)
  return plain, _Holder()


class SlotTest(tf.test.TestCase):
  def test_has_the_first_values_that_variables_have(self):
    plain, holder = _alike()
    self.assertLen(holder.variables, 2)
    self.assertLen(holder.slots, len(plain.variables))
    for copy in range(3):
      views = holder.operation.weight_views(copy)
      for name, view in plain.weight_views(copy).items():
        self.assertAllEqual(views[name].read(), view.read())

  def test_reads_and_writes_its_part_only(self):
    holder = _Holder()
    slot, other = holder.slots[:2]
    before = other.numpy()
    slot.assign(np.full(slot.shape, 7.0))
    self.assertAllEqual(slot.numpy(), np.full(slot.shape, 7.0))
    self.assertAllEqual(tf.convert_to_tensor(slot), slot.numpy())
    self.assertAllEqual(other.numpy(), before)

  def test_given_values_hide_the_array(self):
    holder = _Holder()
    slot = holder.slots[0]
    before = slot.numpy()
    with given_values({slot: tf.ones(slot.shape, tf.float64)}) as values:
      self.assertAllEqual(tf.convert_to_tensor(slot), np.ones(slot.shape))
      slot.assign(tf.zeros(slot.shape, tf.float64))
      self.assertAllEqual(tf.convert_to_tensor(slot), np.zeros(slot.shape))
    self.assertAllEqual(values[slot], np.zeros(slot.shape))
    self.assertAllEqual(slot.numpy(), before)

  def test_moved_values_are_joined_at_once(self):
    make = lambda name: Slot((2,), 'float64', None, False, name)
    first, second = make('first'), make('second')
    slots, before = [first, second], tf.constant([1.0, 2, 3, 4], tf.float64)
    values = {first: before[:2], second: before[2:]}
    towards = tf.constant([10.0, 20], tf.float64)

    @tf.function(autograph=False)
    def run(momenta, times):
      with given_values(values) as moved:
        for slot, momentum in zip(slots, momenta, strict=True):
          for _ in range(times):
            slot.move(towards, momentum)
        seen = tf.convert_to_tensor(first)
      return seen, *join_values(slots, moved, [before])

    for momenta, times, expected in (
      ((0.75, 0.75), 1, [3.25, 6.5, 4.75, 8]),
      ((0.75, 0.5), 1, [3.25, 6.5, 6.5, 12]),
      ((0.5, 0.5), 2, [7.75, 15.5, 8.25, 16]),
    ):
      seen, joined = run(momenta, times)
      self.assertAllEqual(joined, expected)
      self.assertAllEqual(seen, expected[:2])
    graph = run.get_concrete_function((0.75, 0.75), 1).graph
    products = [op for op in graph.get_operations() if op.type == 'Mul']
    # One pair for what is read, and one for both slots.
    self.assertLen(products, 4)

  def test_what_has_not_moved_stays(self):
    first = Slot((1,), 'float64', None, False, 'first')
    second = Slot((1,), 'float64', None, False, 'second')
    one = tf.ones([1], tf.float64)
    with given_values({first: one, second: 2 * one}) as moved:
      second.move(4 * one, 0.5)
    joined = join_values([first, second], moved, [tf.concat([one, one], 0)])
    self.assertAllEqual(joined[0], [1, 3])

  def test_computes_the_same(self):
    plain, holder = _alike()
    x = tf.constant(np.random.default_rng(0).normal(size=(2, *SHAPE[1:])))
    for training in (True, False):
      self.assertAllEqual(
        holder.operation(x, training=training), plain(x, training=training)
      )

  def test_what_a_class_adds_has_to_say_that_it_is_pure(self):
    class Counting(SeparableConv):
      pass

    self.assertTrue(SeparableConv.pure)
    self.assertFalse(Counting.pure)
    self.assertFalse(Operation.pure)


class EdgeOrderTest(tf.test.TestCase):
  def setUp(self):
    super().setUp()
    make = lambda *shape: Slot(shape, 'float64', None, True, 'x')
    # Two edges of three share the first; the second is divided by none.
    self.slots = [make(2, 4), make(3), make(6, 1)]
    self.order = EdgeOrder(
      self.slots,
      {self.slots[0]: (1, 2), self.slots[1]: None, self.slots[2]: (0, 3)},
      [
        [(self.slots[0], 0), (self.slots[2], 0)],
        [(self.slots[2], 1)],
        [(self.slots[0], 1), (self.slots[2], 2)],
      ],
    )
    self.array = tf.range(17.0, dtype=tf.float64)

  def test_what_belongs_to_each_edge(self):
    of_edges, rest = self.order.split([self.array])
    self.assertAllEqual(of_edges[0][0], [0, 1, 4, 5, 11, 12])
    self.assertAllEqual(of_edges[1][0], [13, 14])
    self.assertAllEqual(of_edges[2][0], [2, 3, 6, 7, 15, 16])
    self.assertAllEqual(rest[0], [8, 9, 10])
    self.assertAllEqual(self.order.join(of_edges, rest)[0], self.array)

  def test_gradient(self):
    factor = tf.constant(np.random.default_rng(0).normal(size=17))
    with tf.GradientTape() as tape:
      tape.watch(self.array)
      of_edges, rest = self.order.split([self.array])
      parts = [part[0] for part in (*of_edges, rest)]
      loss = tf.reduce_sum(tf.concat(parts, 0) * factor)
    order = tf.cast(tf.concat(parts, 0), tf.int32)
    expected = tf.scatter_nd(order[:, None], factor, [17])
    self.assertAllEqual(tape.gradient(loss, self.array), expected)

  def test_nothing(self):
    of_edges, rest = self.order.split([])
    self.assertEqual((of_edges, rest), ([[], [], []], []))
    self.assertEqual(self.order.join(of_edges, rest), [])


if __name__ == '__main__':
  tf.test.main()
