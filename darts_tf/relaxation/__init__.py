"""Relaxations: architecture parameters to mixing weights."""

from darts_tf.relaxation.relaxation import Relaxation, relaxations
from darts_tf.relaxation.softmax import Softmax

relaxations.register('softmax', Softmax)

__all__ = ['Relaxation', 'Softmax', 'relaxations']
