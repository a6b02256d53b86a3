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
    self.arrays = SlotArrays(self, {self.operation: slots})


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
