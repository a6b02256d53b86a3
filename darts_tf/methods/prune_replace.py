"""PR-DARTS, prune and replace (arXiv:1906.07528)."""

from darts_tf.discretize import SkipLimited
from darts_tf.methods.method import Method, register_method
from darts_tf.schedule import PruneReplace

PRUNE_REPLACE = register_method(
  Method(
    name='prune_replace',
    arxiv='1906.07528',
    space='prune_replace_dl',
    schedule=PruneReplace(),
    discretization=SkipLimited(),
    defaults={'alpha_scale': 0.0},
  )
)
