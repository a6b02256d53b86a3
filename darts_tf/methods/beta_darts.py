"""beta-DARTS (arXiv:2203.01665)."""

from darts_tf.methods.method import Method, register_method

BETA_DARTS = register_method(
  Method(
    name='beta_darts',
    arxiv='2203.01665',
    relaxation='beta_decay',
    gradient='first_order',
  )
)
