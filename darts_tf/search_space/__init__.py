"""Search spaces: cell topology, candidate operations, macro layout."""

from darts_tf.morphism import Growth
from darts_tf.search_space.amended_darts import AMENDED_S1, AMENDED_S2
from darts_tf.search_space.course import COURSE
from darts_tf.search_space.darts import DARTS
from darts_tf.search_space.growing import GrowingSpace
from darts_tf.search_space.macro import CellPlan, MacroLayout
from darts_tf.search_space.nas_bench_201 import NAS_BENCH_201
from darts_tf.search_space.nasnet import NASNET
from darts_tf.search_space.operations import operations, register_operation
from darts_tf.search_space.prune_replace import (
  PRUNE_REPLACE_DL,
  PRUNE_REPLACE_DR,
  PRUNE_REPLACE_UR,
)
from darts_tf.search_space.robust_darts import S1, S2, S3, S4
from darts_tf.search_space.space import (
  SearchSpace,
  register_search_space,
  same_candidates,
  search_spaces,
  space_of,
)
from darts_tf.search_space.style import OperationStyle
from darts_tf.search_space.topology import CellTopology

__all__ = [
  'AMENDED_S1',
  'AMENDED_S2',
  'COURSE',
  'DARTS',
  'NASNET',
  'NAS_BENCH_201',
  'PRUNE_REPLACE_DL',
  'PRUNE_REPLACE_DR',
  'PRUNE_REPLACE_UR',
  'S1',
  'S2',
  'S3',
  'S4',
  'CellPlan',
  'CellTopology',
  'GrowingSpace',
  'Growth',
  'MacroLayout',
  'OperationStyle',
  'SearchSpace',
  'operations',
  'register_operation',
  'register_search_space',
  'same_candidates',
  'search_spaces',
  'space_of',
]
