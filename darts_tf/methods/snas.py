"""SNAS: architectures from a concrete distribution (arXiv:1812.09926)."""

from darts_tf.architecture_gradient import OneLevel
from darts_tf.discretize import Argmax
from darts_tf.methods.method import Method, register_method
from darts_tf.relaxation import Gumbel
from darts_tf.step import Joint

SNAS = register_method(
  Method(
    name='snas',
    arxiv='1812.09926',
    relaxation=Gumbel(),
    gradient=OneLevel(),
    step=Joint(),
    discretization=Argmax(),
    # Alphas as in the released code on one device.
    defaults={
      'epochs': 150,
      'drop_path': 0.3,
      'alpha_optimizer': 'sgd',
      'alpha_weight_decay': 0.0,
      'alpha_clip_norm': 10.0,
      'alpha_mean': 1.0,
      'alpha_scale': 0.01,
    },
  )
)
