"""I-DARTS: candidates of all edges of a node compete."""

from darts_tf.discretize import BestPairs
from darts_tf.methods.method import Method, register_method
from darts_tf.relaxation import NodeSoftmax

I_DARTS = register_method(
  Method(
    name='i_darts',
    source='Jiang et al., EMNLP-IJCNLP 2019, D19-1367',
    relaxation=NodeSoftmax(),
    discretization=BestPairs(),
  )
)
