"""R-DARTS: a stop by curvature, second order (arXiv:1909.09656)."""

from darts_tf.architecture_gradient import SecondOrder
from darts_tf.methods.method import Method, register_method
from darts_tf.stopping import EigenvalueGrowth

R_DARTS = register_method(
  Method(
    name='r_darts',
    arxiv='1909.09656',
    space='s1',
    gradient=SecondOrder(),
    stops=(EigenvalueGrowth(),),
  )
)
