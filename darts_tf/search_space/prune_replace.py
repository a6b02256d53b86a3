"""The three spaces of PR-DARTS (arXiv:1906.07528), which grow.

Cells and layout of DARTS. A search begins with four cheap candidates on each
edge; convolutions whose kernel, dilation, depth and width differ come in
while it goes on, within the restrictions of the space.
"""

from darts_tf.morphism import Growth
from darts_tf.search_space.growing import GrowingSpace
from darts_tf.search_space.space import register_search_space, same_candidates
from darts_tf.search_space.topology import CellTopology

FIRST_POOL = ('max_pool_3x3', 'avg_pool_3x3', 'skip_connect', 'conv_k3_d1')

_TOPOLOGY = CellTopology.dense(num_inputs=2, num_nodes=4)


def _space(name: str, growth: Growth) -> GrowingSpace:
  return register_search_space(
    GrowingSpace(
      name=name,
      topology=_TOPOLOGY,
      candidates=same_candidates(FIRST_POOL, _TOPOLOGY),
      growth=growth,
    )
  )


# Like DARTS: two units at most, of the width of the cell.
PRUNE_REPLACE_DL = _space('prune_replace_dl', Growth())
# Restricted in depth.
PRUNE_REPLACE_DR = _space(
  'prune_replace_dr', Growth(kernels=(1, 7), max_width=5)
)
# Unrestricted in depth and width.
PRUNE_REPLACE_UR = _space(
  'prune_replace_ur',
  Growth(kernels=(1, 7), max_extra_units=None, max_width=None),
)
