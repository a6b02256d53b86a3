"""The convolutional space of DARTS, with and without `none`."""

import dataclasses

from darts_tf.search_space.space import (
  SearchSpace,
  register_search_space,
  same_candidates,
)
from darts_tf.search_space.topology import CellTopology

DARTS_CANDIDATES = (
  'none',
  'max_pool_3x3',
  'avg_pool_3x3',
  'skip_connect',
  'sep_conv_3x3',
  'sep_conv_5x5',
  'dil_conv_3x3',
  'dil_conv_5x5',
)

_TOPOLOGY = CellTopology.dense(num_inputs=2, num_nodes=4)

# arXiv:1806.09055
DARTS = register_search_space(
  SearchSpace(
    name='darts',
    topology=_TOPOLOGY,
    candidates=same_candidates(DARTS_CANDIDATES, _TOPOLOGY),
  )
)

# That of FairDARTS (arXiv:1911.12126), SDARTS (arXiv:2002.05283) and others:
# seven candidates.
DARTS_NO_NONE = register_search_space(
  dataclasses.replace(
    DARTS,
    name='darts_no_none',
    candidates=same_candidates(DARTS_CANDIDATES[1:], _TOPOLOGY),
  )
)
