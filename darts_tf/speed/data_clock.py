"""The time for which whoever reads a data set waits for its batches."""

import time

import numpy as np
import tensorflow as tf


class DataClock:
  """Notes when a data set is asked for a batch, and when the batch is there.

  Keras takes batches within the graph of its step, where Python sees nothing
  of it. So the notes are taken by the data set itself, in two stages behind
  all others. They run when a step asks for its batch, not before. The first
  one notes the time; the second one does so when the stages before, say a
  buffer of prepared batches, have given the batch away. Both take 0.1 ms.
  """

  def __init__(self):
    self._waits: list[tuple[float, float]] = []

  def watch(self, dataset: tf.data.Dataset) -> tf.data.Dataset:
    """Returns a data set of the same batches that takes notes."""
    asked = tf.data.Dataset.counter().map(
      _as_it_is(lambda unused_count: _now())
    )
    dataset = tf.data.Dataset.zip((asked, dataset)).map(_as_it_is(self._note))
    options = tf.data.Options()
    # A buffer behind the notes would ask for batches before a step does.
    options.experimental_optimization.inject_prefetch = False
    return dataset.with_options(options)

  def waited(self, start: float, end: float) -> float:
    """Returns the seconds of waiting between two times of `perf_counter`."""
    return sum(
      there - asked
      for asked, there in self._waits
      if start <= asked and there <= end
    )

  def _note(self, asked: tf.Tensor, batch):
    with tf.control_dependencies(tf.nest.flatten(batch)):
      tf.numpy_function(self._add, [asked], [])
    return batch

  def _add(self, asked: np.ndarray) -> None:
    self._waits.append((float(asked), time.perf_counter()))


def _now() -> tf.Tensor:
  return tf.numpy_function(
    lambda: np.float64(time.perf_counter()), [], tf.float64
  )


def _as_it_is(function):
  """Keeps TensorFlow from rewriting a function that has no branches."""
  return tf.autograph.experimental.do_not_convert(function)
