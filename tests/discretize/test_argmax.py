import numpy as np
from absl.testing import absltest

from darts_tf.discretize import Argmax, discretize
from darts_tf.search_space import (
  NAS_BENCH_201,
  CellTopology,
  SearchSpace,
  register_search_space,
)

_KINDS = {'normal': 'normal'}


class ArgmaxTest(absltest.TestCase):
  def test_none_wins_and_ties_go_to_the_lower_index(self):
    weights = np.array(
      [
        [0.1, 0.1, 0.1, 0.6, 0.1],
        [0.6, 0.1, 0.1, 0.1, 0.1],
        [0.0, 0.3, 0.3, 0.3, 0.1],
        [0.1, 0.1, 0.1, 0.1, 0.6],
        [0.2, 0.2, 0.2, 0.2, 0.2],
        [0.1, 0.1, 0.6, 0.1, 0.1],
      ]
    )
    genotype = discretize(NAS_BENCH_201, {'normal': weights}, _KINDS)
    self.assertEqual(
      genotype.to_nas_bench_201_string(),
      '|nor_conv_3x3~0|+|none~0|skip_connect~1|'
      '+|avg_pool_3x3~0|none~1|nor_conv_1x1~2|',
    )
    self.assertEqual(genotype.cells['normal'].output, (3,))

  def test_all_none(self):
    weights = np.tile([1.0, 0, 0, 0, 0], (6, 1))
    genotype = discretize(NAS_BENCH_201, {'normal': weights}, _KINDS)
    self.assertEqual(
      [edge.operation for edge in genotype.cells['normal'].edges], ['none'] * 6
    )

  def test_lists_of_unequal_length_without_none(self):
    topology = CellTopology.dense(num_inputs=2, num_nodes=1)
    space = register_search_space(
      SearchSpace(
        name='argmax_test_unequal',
        topology=topology,
        candidates={
          'normal': (('skip_connect',), ('max_pool_3x3', 'sep_conv_3x3'))
        },
      )
    )
    genotype = Argmax()(
      space, {'normal': np.array([[0.1, np.nan], [0.4, 0.6]])}, _KINDS
    )
    self.assertEqual(
      genotype.cells['normal'].edges,
      (('skip_connect', 0, 2), ('sep_conv_3x3', 1, 2)),
    )


if __name__ == '__main__':
  absltest.main()
