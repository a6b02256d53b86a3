"""Relaxations: architecture parameters to mixing weights."""

from darts_tf.relaxation.beta_decay import BetaDecay
from darts_tf.relaxation.relaxation import Relaxation, relaxations
from darts_tf.relaxation.softmax import Softmax

relaxations.register('softmax', Softmax)
relaxations.register('beta_decay', BetaDecay)

__all__ = ['BetaDecay', 'Relaxation', 'Softmax', 'relaxations']
