"""Supernet and the discrete network."""

from darts_tf.models.network import Network
from darts_tf.models.supernet import Supernet

__all__ = ['Network', 'Supernet']
