"""Relaxations: architecture parameters to mixing weights."""

from darts_tf.relaxation.architecture import Architecture
from darts_tf.relaxation.draw import Draw, Use
from darts_tf.relaxation.edge_normalized import EdgeNormalized
from darts_tf.relaxation.group import Group
from darts_tf.relaxation.gumbel import Gumbel, HardGumbel
from darts_tf.relaxation.node_softmax import NodeSoftmax
from darts_tf.relaxation.relaxation import Relaxation, relaxations
from darts_tf.relaxation.sigmoid import Sigmoid
from darts_tf.relaxation.softmax import Softmax

__all__ = [
  'Architecture',
  'Draw',
  'EdgeNormalized',
  'Group',
  'Gumbel',
  'HardGumbel',
  'NodeSoftmax',
  'Relaxation',
  'Sigmoid',
  'Softmax',
  'Use',
  'relaxations',
]
