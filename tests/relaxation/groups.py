"""Groups of cells as relaxations see them."""

import numpy as np
import tensorflow as tf

from darts_tf.relaxation import Draw, Group, Use
from darts_tf.search_space import CellTopology

NAMES = ('sep_conv_3x3', 'skip_connect', 'max_pool_3x3', 'none')


def group_of(space, kind='normal', **rates):
  """The group of all cells of a kind."""
  exists = space.candidate_mask(kind)
  return Group(
    kind,
    kind,
    space.topology,
    space.candidates[kind],
    exists,
    tf.constant(exists),
    {name: tf.constant(rate) for name, rate in rates.items()},
  )


def node_of(edges, candidates, **rates):
  """A group with one node and some inputs."""
  topology = CellTopology.dense(edges, 1)
  exists = np.ones([edges, candidates], bool)
  return Group(
    'normal',
    'normal',
    topology,
    (NAMES[:candidates],) * edges,
    exists,
    tf.constant(exists),
    {name: tf.constant(rate) for name, rate in rates.items()},
  )


class FixedNoise:
  """A source of random numbers that gives a fixed noise."""

  def __init__(self, noise):
    self._noise = noise

  def gumbel(self, shape):
    return tf.constant(np.broadcast_to(self._noise, shape))


def draw(step=0, seed=0, use=Use.WEIGHTS):
  """A source of random numbers of a step."""
  return Draw(seed, tf.constant(step, tf.int64), use)
