"""Weights of layers whose values lie in an array of a layer above them.

A supernet has hundreds of small weights. Each variable costs time when it
is made, read, moved and saved, and has operations of its own in the graph of a
step. So all weights of the edges that leave a node lie in one array. The
layers of the candidates have slots in the place of variables.
"""

import contextlib
import contextvars
import math
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf

from darts_tf.graph.constants import constant
from darts_tf.graph.lean import reshape

_RECORD = contextvars.ContextVar('record', default=None)
_VALUES = contextvars.ContextVar('values', default=None)


class Slot:
  """A weight whose value is given from outside, or lies in an array.

  It takes the place of a variable in the code of a layer.

  Args:
    shape: of the value.
    dtype: of the value.
    initializer: makes the first value.
    trainable: whether gradients move it.
    name: of the weight in its layer.
  """

  def __init__(
    self,
    shape: Sequence[int],
    dtype: str,
    initializer: keras.initializers.Initializer,
    trainable: bool,
    name: str,
  ):
    self.shape = tuple(shape)
    self.dtype = dtype
    self.initializer = initializer
    self.trainable = trainable
    self.name = self.path = name
    self.array, self._start = None, 0

  @property
  def size(self) -> int:
    """Number of entries."""
    return math.prod(self.shape)

  def place(self, array: keras.Variable, start: int) -> None:
    """Says where in an array the value lies."""
    self.array, self._start = array, start

  def part_of(self, flat):
    """Returns the value in an array, or in one shaped like it."""
    return flat[self._start : self._start + self.size].reshape(self.shape)

  def numpy(self) -> np.ndarray:
    """Returns the value."""
    return self.part_of(self.array.numpy())

  def assign(self, value) -> None:
    """Replaces the value; while values are given, the given one."""
    values = _VALUES.get()
    if values is not None and self in values:
      values[self] = value
      return
    flat = np.array(self.array.numpy())
    self.part_of(flat)[...] = value
    self.array.assign(flat)

  def move(self, value: tf.Tensor, momentum: float) -> None:
    """Moves the value towards another one, see `moved_average`."""
    values = _VALUES.get()
    known = None if values is None else values.get(self)
    if known is None or isinstance(known, _Moved):
      self.assign(moved_average(self, value, momentum))
    else:
      values[self] = _Moved(known, value, momentum)

  def __tf_tensor__(self, dtype=None, name=None) -> tf.Tensor:
    """Returns the value as TensorFlow reads it."""
    values = _VALUES.get()
    if values is not None and self in values:
      value = _resolved(values[self])
    else:
      flat = tf.convert_to_tensor(self.array)
      value = tf.reshape(
        flat[self._start : self._start + self.size], self.shape
      )
    return tf.convert_to_tensor(value, dtype, name=name)


class HasSlots:
  """Lets a Keras layer have slots in the place of variables.

  It stands before `keras.layers.Layer` among the base classes.
  """

  # Whether the layer reads and assigns its weights as slots allow.
  pure = True

  def add_weight(
    self,
    shape=None,
    initializer='glorot_uniform',
    dtype=None,
    trainable=True,
    name=None,
    **kwargs,
  ):
    """Creates a weight: a slot, within `slots_for_weights`."""
    record = _RECORD.get()
    if record is None or not self.pure:
      return super().add_weight(
        shape=shape,
        initializer=initializer,
        dtype=dtype,
        trainable=trainable,
        name=name,
        **kwargs,
      )
    slot = Slot(
      shape,
      dtype or self.variable_dtype,
      keras.initializers.get(initializer),
      trainable,
      name,
    )
    record.append(slot)
    self._slots = [*getattr(self, '_slots', ()), slot]
    return slot

  def await_values(self) -> None:
    """Expects the values of all slots from the next file that is loaded."""
    self._awaits_values = bool(getattr(self, '_slots', ()))

  def load_own_variables(self, store) -> None:
    """Loads variables; for a file from before slots, the values of slots.

    Args:
      store: of Keras, number to array.

    Raises:
      ValueError: if their number is another one.
    """
    if not getattr(self, '_awaits_values', False):
      super().load_own_variables(store)
      return
    self._awaits_values = False
    # As Keras orders variables.
    slots = sorted(self._slots, key=lambda slot: not slot.trainable)
    if len(store.keys()) != len(slots):
      raise ValueError(
        f'Expected {len(slots)} weights of the layer {self.name!r}.'
        f' Received: {len(store.keys())}'
      )
    for number, slot in enumerate(slots):
      slot.assign(np.array(store[str(number)]))


@contextlib.contextmanager
def slots_for_weights() -> Iterator[list[Slot]]:
  """Lets layers that are built within have slots; yields them in order."""
  record = []
  token = _RECORD.set(record)
  try:
    yield record
  finally:
    _RECORD.reset(token)


@contextlib.contextmanager
def given_values(
  values: dict[Slot, tf.Tensor],
) -> Iterator[dict[Slot, tf.Tensor]]:
  """Gives slots their values; yields them as they are moved within.

  What has been moved is for `join_values` to read.
  """
  token = _VALUES.set({**(_VALUES.get() or {}), **values})
  try:
    yield _VALUES.get()
  finally:
    _VALUES.reset(token)


class SlotArrays:
  """The two arrays of a layer that hold the values of slots.

  `kernels` has all that is trained, `averages` all that is not. As arguments
  and results of functions they are lists, which are empty where there is no
  such array, or none is wanted.

  Args:
    layer: makes the arrays.
    slots: in the order of their values.
  """

  def __init__(self, layer: keras.layers.Layer, slots: Sequence[Slot]):
    self.trained = [slot for slot in slots if slot.trainable]
    self.moving = [slot for slot in slots if not slot.trainable]
    self._kernels = _array(layer, self.trained, 'kernels')
    # Replicas may differ when statistics are not synchronized.
    self._averages = _array(
      layer, self.moving, 'averages', trainable=False, aggregation='mean'
    )

  def read(self, averages: bool) -> tuple[list[tf.Tensor], list[tf.Tensor]]:
    """Returns the arrays.

    Args:
      averages: whether those are wanted.
    """
    read = lambda v: [] if v is None else [tf.convert_to_tensor(v)]
    return read(self._kernels), read(self._averages if averages else None)

  def move(self, averages: list[tf.Tensor]) -> None:
    """Replaces the averages."""
    for value in averages:
      self._averages.assign(value)

  def values(
    self, kernels: list[tf.Tensor], averages: list[tf.Tensor]
  ) -> dict[Slot, tf.Tensor]:
    """Returns the values of all slots; see `read`."""
    return slot_values(self.trained, kernels) | slot_values(
      self.moving, averages
    )


def slot_values(
  slots: Sequence[Slot], arrays: list[tf.Tensor]
) -> dict[Slot, tf.Tensor]:
  """Returns the values of slots that lie in an array one after the other.

  Args:
    slots: in the order of their values.
    arrays: the array, in a list; empty for no values.
  """
  values = {}
  for array in arrays if slots else ():
    parts = tf.split(array, [slot.size for slot in slots])
    for slot, part in zip(slots, parts, strict=True):
      values[slot] = part if len(slot.shape) == 1 else reshape(part, slot.shape)
  return values


def join_values(
  slots: Sequence[Slot], values: dict[Slot, Any], before: list[tf.Tensor]
) -> list[tf.Tensor]:
  """Returns the array of values by which no gradient is taken.

  Args:
    slots: in the order of their values.
    values: of the slots, as `given_values` has left them.
    before: the array of what was given, in a list.

  Returns:
    The array in a list; empty without slots.
  """
  if not slots:
    return []
  own = [values[slot] for slot in slots]
  moved = [value for value in own if isinstance(value, _Moved)]
  if len(moved) == len(own) and len({m.momentum for m in moved}) == 1:
    # All at once: the same numbers by far fewer operations.
    value = tf.concat([m.towards for m in moved], 0)
    joined = moved_average(before[0], value, moved[0].momentum)
  else:
    joined = tf.concat([_resolved(value) for value in own], 0)
  return [tf.stop_gradient(joined)]


class _Moved(NamedTuple):
  """A value that has been moved, by the arguments of `moved_average`."""

  average: tf.Tensor
  towards: tf.Tensor
  momentum: float


def _resolved(value: tf.Tensor | _Moved) -> tf.Tensor:
  return moved_average(*value) if isinstance(value, _Moved) else value


def moved_average(average: Any, value: tf.Tensor, momentum: float) -> tf.Tensor:
  """Returns `momentum * average + (1 - momentum) * value`.

  Args:
    average: a tensor, a variable or a slot.
    value: of the same shape and type.
    momentum: share of the old value.
  """
  return tf.convert_to_tensor(average) * constant(
    momentum, value.dtype
  ) + value * constant(1.0 - momentum, value.dtype)


def _array(layer, slots: list[Slot], name: str, **kwargs):
  if not slots:
    return None

  def initialize(shape, dtype=None):
    del shape
    return tf.concat(
      [
        tf.reshape(slot.initializer(slot.shape, dtype=dtype), [-1])
        for slot in slots
      ],
      0,
    )

  array = layer.add_weight(
    shape=(sum(slot.size for slot in slots),),
    initializer=initialize,
    autocast=False,
    name=name,
    **kwargs,
  )
  start = 0
  for slot in slots:
    slot.place(array, start)
    start += slot.size
  return array
