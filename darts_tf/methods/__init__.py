"""Published methods, by name."""

# The methods register themselves.
from darts_tf.methods.beta_darts import BETA_DARTS
from darts_tf.methods.darts import DARTS
from darts_tf.methods.darts_minus import DARTS_MINUS
from darts_tf.methods.darts_plus import DARTS_PLUS
from darts_tf.methods.fair_darts import FAIR_DARTS
from darts_tf.methods.gdas import GDAS
from darts_tf.methods.i_darts import I_DARTS
from darts_tf.methods.method import Method, methods, register_method
from darts_tf.methods.pc_darts import PC_DARTS
from darts_tf.methods.prune_replace import PRUNE_REPLACE
from darts_tf.methods.r_darts import R_DARTS
from darts_tf.methods.sdarts import SDARTS_ADV, SDARTS_RS
from darts_tf.methods.snas import SNAS

__all__ = [
  'BETA_DARTS',
  'DARTS',
  'DARTS_MINUS',
  'DARTS_PLUS',
  'FAIR_DARTS',
  'GDAS',
  'I_DARTS',
  'Method',
  'PC_DARTS',
  'PRUNE_REPLACE',
  'R_DARTS',
  'SDARTS_ADV',
  'SDARTS_RS',
  'SNAS',
  'methods',
  'register_method',
]
