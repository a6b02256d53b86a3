"""A space whose edges differ in their number of candidates."""

from darts_tf.search_space import CellTopology, SearchSpace

TOPOLOGY = CellTopology.dense(1, 2)
UNEQUAL = SearchSpace(
  name='unequal',
  topology=TOPOLOGY,
  candidates={
    'normal': (
      ('none', 'skip_connect', 'sep_conv_3x3'),
      ('skip_connect',),
      ('none', 'max_pool_3x3'),
    ),
    'reduce': (('none', 'skip_connect'),) * 3,
  },
)
