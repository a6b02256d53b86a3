"""Random numbers of a step: functions of seed, step and use."""

import enum
import zlib

import numpy as np
import tensorflow as tf

from darts_tf.graph.constants import constant
from darts_tf.layers import philox

# Half of the distance of neighbours among the uniform numbers: added to
# them, it keeps 0 and 1 out.
_HALF = 2.0**-24


class Use(enum.Enum):
  """The purpose of mixing weights; each has draws of its own."""

  WEIGHTS = 1
  ARCHITECTURE = 2
  EVALUATION = 3


class Draw:
  """The source of random numbers for one use in one step of a search.

  Numbers depend on the seed of the run, the step, the use and the names
  given here, and on nothing else: a continued run draws what the
  uninterrupted one drew, all passes of one estimate share their numbers, and
  so do all replicas.

  Args:
    seed: of the run.
    step: number of the step, an int64 scalar.
    use: the purpose of the numbers.
    names: tell apart what is drawn for the same use.
  """

  def __init__(
    self, seed: int, step: tf.Tensor, use: Use, names: tuple[str, ...] = ()
  ):
    self._seed, self._step, self._use, self._names = seed, step, use, names

  def named(self, name: str) -> 'Draw':
    """Returns a source whose numbers are independent of this one's."""
    return Draw(self._seed, self._step, self._use, (*self._names, name))

  def uniform(self, shape: tuple[int, ...]) -> tf.Tensor:
    """Returns float32 numbers from the open interval (0, 1)."""
    return philox.uniform(list(shape), self._state()) + _HALF

  def normal(self, shape: tuple[int, ...]) -> tf.Tensor:
    """Returns float32 numbers of the standard normal distribution."""
    return philox.normal(list(shape), self._state())

  def gumbel(self, shape: tuple[int, ...]) -> tf.Tensor:
    """Returns `-log(-log U)`, float32, which is finite for all draws."""
    return -tf.math.log(-tf.math.log(self.uniform(shape)))

  def _state(self) -> tf.Tensor:
    words = [
      self._seed,
      self._use.value,
      zlib.crc32('/'.join(self._names).encode()),
    ]
    key = np.random.SeedSequence(words).generate_state(1, np.uint64)
    return tf.stack(
      [
        constant(key.astype(np.int64)[0], tf.int64),
        tf.cast(self._step, tf.int64),
      ]
    )
