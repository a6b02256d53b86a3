"""beta-DARTS: logits are kept from growing apart (arXiv:2203.01665)."""

from darts_tf.methods.method import Method, register_method
from darts_tf.penalty import BetaDecay

BETA_DARTS = register_method(
  Method(
    name='beta_darts',
    arxiv='2203.01665',
    space='nas_bench_201',
    penalties=(BetaDecay(),),
    defaults={'epochs': 100},
  )
)
