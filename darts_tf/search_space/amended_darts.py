"""The two spaces of Amended-DARTS (arXiv:1910.11831).

Cells of DARTS with eight edges that are never removed, so that the network
that is retrained has the shape of the one that was searched; depth and
width are meant to be the same, too. The paper calls them S1 and S2; they
are other spaces than those of R-DARTS, see `robust_darts`.
"""

from darts_tf.search_space.darts import DARTS_CANDIDATES
from darts_tf.search_space.space import (
  SearchSpace,
  register_search_space,
  same_candidates,
)
from darts_tf.search_space.topology import CellTopology

# Each node is joined to the node before it and to the older input.
_TOPOLOGY = CellTopology(
  num_inputs=2,
  num_nodes=4,
  edges=((0, 2), (1, 2), (0, 3), (2, 3), (0, 4), (3, 4), (0, 5), (4, 5)),
  output=(2, 3, 4, 5),
)

# Of the searches and of the retraining.
_CHANNELS = 36

AMENDED_S1 = register_search_space(
  SearchSpace(
    name='amended_s1',
    topology=_TOPOLOGY,
    candidates=same_candidates(
      tuple(name for name in DARTS_CANDIDATES if name != 'none'), _TOPOLOGY
    ),
    discretization='fixed_edges',
    inputs_per_node=None,
    default_channels=_CHANNELS,
  )
)

AMENDED_S2 = register_search_space(
  SearchSpace(
    name='amended_s2',
    topology=_TOPOLOGY,
    candidates=same_candidates(('skip_connect', 'sep_conv_3x3'), _TOPOLOGY),
    discretization='fixed_edges',
    inputs_per_node=None,
    shared_cells=False,
    default_cells=20,
    default_channels=_CHANNELS,
  )
)
