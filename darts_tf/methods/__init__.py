"""Published methods, by name."""

from darts_tf.methods.beta_darts import BETA_DARTS
from darts_tf.methods.darts import DARTS
from darts_tf.methods.method import Method, methods, register_method
from darts_tf.methods.prune_replace import PRUNE_REPLACE

__all__ = [
  'BETA_DARTS',
  'DARTS',
  'PRUNE_REPLACE',
  'Method',
  'methods',
  'register_method',
]
