"""GDAS: one sampled candidate an edge (arXiv:1910.04465)."""

from darts_tf.discretize import BestPairs
from darts_tf.layers.form import SupernetForm
from darts_tf.methods.method import Method, register_method
from darts_tf.relaxation import HardGumbel
from darts_tf.step import Alternating

GDAS = register_method(
  Method(
    name='gdas',
    arxiv='1910.04465',
    space='nas_bench_201',
    relaxation=HardGumbel(),
    form=SupernetForm(paths='selected'),
    step=Alternating(order='weights_first'),
    discretization=BestPairs(),
    defaults={'epochs': 250, 'nesterov': True, 'weight_decay': 5e-4},
  )
)
