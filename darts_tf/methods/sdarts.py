"""SDARTS: weights that fit disturbed architectures (arXiv:2002.05283)."""

from darts_tf.methods.method import Method, register_method
from darts_tf.step import Perturbed

SDARTS_RS = register_method(
  Method(
    name='sdarts_rs',
    arxiv='2002.05283',
    space='darts_no_none',
    step=Perturbed(perturbation='random'),
  )
)

SDARTS_ADV = register_method(
  Method(
    name='sdarts_adv',
    arxiv='2002.05283',
    space='darts_no_none',
    step=Perturbed(perturbation='adversarial'),
  )
)
