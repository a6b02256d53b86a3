"""The space of NAS-Bench-201 (arXiv:2001.00326): 5^6 = 15,625 cells."""

from darts_tf.search_space.macro import MacroLayout
from darts_tf.search_space.space import (
  SearchSpace,
  register_search_space,
  same_candidates,
)
from darts_tf.search_space.style import OperationStyle
from darts_tf.search_space.topology import CellTopology

NAS_BENCH_201_CANDIDATES = (
  'none',
  'skip_connect',
  'nor_conv_1x1',
  'nor_conv_3x3',
  'avg_pool_3x3',
)

_TOPOLOGY = CellTopology.dense(num_inputs=1, num_nodes=3, output=(3,))

NAS_BENCH_201 = register_search_space(
  SearchSpace(
    name='nas_bench_201',
    topology=_TOPOLOGY,
    candidates=same_candidates(
      NAS_BENCH_201_CANDIDATES, _TOPOLOGY, kinds=('normal',)
    ),
    macro=MacroLayout(
      stem='conv_1x',
      preprocess='identity',
      head='norm_linear',
      reductions_between_cells=True,
    ),
    discretization='argmax',
    inputs_per_node=None,
    search_style=OperationStyle(),
    network_style=OperationStyle(affine=True),
    default_cells=15,
  )
)
