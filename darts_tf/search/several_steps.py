"""Several steps of a search in one call of TensorFlow."""

from collections.abc import Callable, Sequence

import tensorflow as tf


class SeveralSteps:
  """Runs steps one after the other, most of them inside one call.

  What a call from Python costs, some milliseconds, is then paid once for
  all of them. The steps are the same.

  Args:
    step: takes a batch of each data set and returns scalars by name; a
      compiled function.
  """

  def __init__(self, step: Callable[[list], dict[str, tf.Tensor]]):
    self._step = step
    self._outputs: dict[str, tf.DType] = {}
    self._compiled = tf.function(self._loop, autograph=False)

  def __call__(self, iterators: Sequence, count: int) -> list[dict[str, float]]:
    """Runs steps.

    Args:
      iterators: of batches, one a data set.
      count: number of steps.

    Returns:
      What each step returned.
    """
    # The first one alone: it shows what a step returns.
    first = self._step([next(i) for i in iterators])
    results = [{name: float(value) for name, value in first.items()}]
    if count > 1:
      self._outputs = {name: value.dtype for name, value in first.items()}
      rest = self._compiled(tuple(iterators), tf.constant(count - 1))
      columns = [rest[name].numpy().tolist() for name in first]
      results += [dict(zip(first, row)) for row in zip(*columns)]
    return results

  def _loop(self, iterators, count):
    arrays = [
      tf.TensorArray(dtype, count, element_shape=())
      for dtype in self._outputs.values()
    ]

    def body(index, arrays):
      result = self._step([i.get_next() for i in iterators])
      return index + 1, [
        array.write(index, result[name])
        for name, array in zip(self._outputs, arrays)
      ]

    _, arrays = tf.while_loop(
      lambda index, _: index < count,
      body,
      (tf.constant(0), arrays),
      parallel_iterations=1,
    )
    return {name: array.stack() for name, array in zip(self._outputs, arrays)}
