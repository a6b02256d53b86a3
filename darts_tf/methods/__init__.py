"""Published methods, by name."""

from darts_tf.methods.darts import DARTS
from darts_tf.methods.method import Method, methods, register_method

__all__ = ['DARTS', 'Method', 'methods', 'register_method']
