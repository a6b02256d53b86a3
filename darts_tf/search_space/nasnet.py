"""A space with five nodes that holds NASNet-A and AmoebaNet-A cells.

Operations as in arXiv:1707.07012 and arXiv:1802.01548, in the form in
which DARTS (arXiv:1806.09055) retrained them.
"""

from darts_tf.search_space.darts import DARTS_CANDIDATES
from darts_tf.search_space.space import (
  SearchSpace,
  register_search_space,
  same_candidates,
)
from darts_tf.search_space.topology import CellTopology

_TOPOLOGY = CellTopology.dense(num_inputs=2, num_nodes=5)

NASNET = register_search_space(
  SearchSpace(
    name='nasnet',
    topology=_TOPOLOGY,
    candidates=same_candidates(
      DARTS_CANDIDATES + ('sep_conv_7x7', 'conv_7x1_1x7'), _TOPOLOGY
    ),
  )
)
