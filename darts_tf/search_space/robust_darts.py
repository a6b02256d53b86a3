"""The spaces S1 to S4 of R-DARTS, in which the search of DARTS fails.

Cells and layout of DARTS with two or three candidates an edge, in S1 others
on each (arXiv:1909.09656; automl/RobustDARTS, spaces). Not the spaces that
arXiv:1910.11831 calls S1 and S2, see `amended_darts`.
"""

from darts_tf.search_space.space import (
  SearchSpace,
  register_search_space,
  same_candidates,
)
from darts_tf.search_space.topology import CellTopology

_TOPOLOGY = CellTopology.dense(num_inputs=2, num_nodes=4)

# By target node, then source: the order of `_TOPOLOGY.edges`.
_S1_NORMAL = """
    skip_connect dil_conv_3x3
    skip_connect dil_conv_5x5

    skip_connect dil_conv_5x5
    skip_connect sep_conv_3x3
    skip_connect dil_conv_3x3

    max_pool_3x3 skip_connect
    skip_connect sep_conv_3x3
    skip_connect sep_conv_3x3
    skip_connect dil_conv_3x3

    skip_connect sep_conv_3x3
    max_pool_3x3 skip_connect
    skip_connect dil_conv_3x3
    dil_conv_3x3 dil_conv_5x5
    dil_conv_3x3 dil_conv_5x5
"""

_S1_REDUCE = """
    max_pool_3x3 avg_pool_3x3
    max_pool_3x3 dil_conv_3x3

    max_pool_3x3 avg_pool_3x3
    max_pool_3x3 avg_pool_3x3
    skip_connect dil_conv_5x5

    max_pool_3x3 avg_pool_3x3
    max_pool_3x3 sep_conv_3x3
    skip_connect dil_conv_3x3
    skip_connect dil_conv_5x5

    max_pool_3x3 avg_pool_3x3
    max_pool_3x3 avg_pool_3x3
    skip_connect dil_conv_5x5
    skip_connect dil_conv_5x5
    skip_connect dil_conv_5x5
"""


def _by_edge(text: str) -> tuple[tuple[str, ...], ...]:
  return tuple(tuple(line.split()) for line in text.splitlines() if line)


S1 = register_search_space(
  SearchSpace(
    name='s1',
    topology=_TOPOLOGY,
    candidates={'normal': _by_edge(_S1_NORMAL), 'reduce': _by_edge(_S1_REDUCE)},
  )
)

S2 = register_search_space(
  SearchSpace(
    name='s2',
    topology=_TOPOLOGY,
    candidates=same_candidates(('skip_connect', 'sep_conv_3x3'), _TOPOLOGY),
  )
)

S3 = register_search_space(
  SearchSpace(
    name='s3',
    topology=_TOPOLOGY,
    candidates=same_candidates(
      ('none', 'skip_connect', 'sep_conv_3x3'), _TOPOLOGY
    ),
  )
)

S4 = register_search_space(
  SearchSpace(
    name='s4',
    topology=_TOPOLOGY,
    candidates=same_candidates(('noise', 'sep_conv_3x3'), _TOPOLOGY),
  )
)
