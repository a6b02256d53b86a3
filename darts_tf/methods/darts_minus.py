"""DARTS-: an auxiliary skip connection that decays (arXiv:2009.01027)."""

from darts_tf.layers.form import SupernetForm
from darts_tf.methods.method import Method, register_method

DARTS_MINUS = register_method(
  Method(
    name='darts_minus',
    arxiv='2009.01027',
    form=SupernetForm(auxiliary_skip=True),
  )
)
