"""PR-DARTS, prune and replace (arXiv:1906.07528)."""

from darts_tf.methods.method import Method, register_method

PRUNE_REPLACE = register_method(
  Method(
    name='prune_replace',
    arxiv='1906.07528',
    relaxation='softmax',
    gradient='first_order',
    schedule='prune_replace',
    discretization='skip_limited',
    alpha_scale=0.0,
  )
)
