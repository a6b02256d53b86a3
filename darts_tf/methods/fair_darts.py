"""FairDARTS: candidates do not compete (arXiv:1911.12126)."""

from darts_tf.discretize import Threshold
from darts_tf.methods.method import Method, register_method
from darts_tf.penalty import ZeroOne
from darts_tf.relaxation import Sigmoid

FAIR_DARTS = register_method(
  Method(
    name='fair_darts',
    arxiv='1911.12126',
    space='darts_no_none',
    relaxation=Sigmoid(),
    penalties=(ZeroOne(),),
    discretization=Threshold(),
    defaults={
      'batch_size': 128,
      'learning_rate': 0.005,
      'alpha_learning_rate': 3e-3,
      'alpha_beta_1': 0.9,
      'alpha_scale': 0.0,
    },
  )
)
