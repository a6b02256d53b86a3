"""A three-node cell with a multi-layer classifier on raw pixels.

The space of a public student reproduction of DARTS
(VoronkovaDasha/project_darts). It has no stem, doubles the channels in
the cell after a reduction, and classifies flattened maps by three dense
layers; batch normalization has scale and offset even in search.
"""

from darts_tf.search_space.darts import DARTS_CANDIDATES
from darts_tf.search_space.macro import MacroLayout
from darts_tf.search_space.space import (
  SearchSpace,
  register_search_space,
  same_candidates,
)
from darts_tf.search_space.style import OperationStyle
from darts_tf.search_space.topology import CellTopology

_TOPOLOGY = CellTopology.dense(num_inputs=2, num_nodes=3)
_STYLE = OperationStyle(
  affine=True, average_includes_padding=True, strided_skip='relu_conv_bn'
)

COURSE = register_search_space(
  SearchSpace(
    name='course',
    topology=_TOPOLOGY,
    candidates=same_candidates(DARTS_CANDIDATES, _TOPOLOGY),
    macro=MacroLayout(
      stem='none',
      preprocess='course',
      head='mlp',
      double_after_reduction=True,
      search_head_units=(2048, 1024, 256),
      network_head_units=(4096, 1024, 256),
    ),
    search_style=_STYLE,
    network_style=_STYLE,
  )
)
