"""DARTS+: the search stops before skip connections win (arXiv:1909.06035)."""

from darts_tf.methods.method import Method, register_method
from darts_tf.stopping import SkipConnections, StableRanking

DARTS_PLUS = register_method(
  Method(
    name='darts_plus',
    arxiv='1909.06035',
    stops=(SkipConnections(), StableRanking()),
  )
)
