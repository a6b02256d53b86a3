"""Rules that leave nodes with other than two inputs."""

import numpy as np
from absl.testing import absltest, parameterized

from darts_tf.config.errors import InputError
from darts_tf.discretize import discretize, rule_of
from darts_tf.genotype import Edge
from darts_tf.search_space import search_spaces

DARTS = search_spaces['darts']
NAS_BENCH_201 = search_spaces['nas_bench_201']
SKIP, SEP = 3, 4


def cell(weights, rule, space=DARTS):
  """Derives a cell from weights by edge and candidate; the rest is low."""
  kinds = {kind: kind for kind in space.candidates}
  matrices = {}
  for kind in kinds:
    matrix = np.full(space.candidate_mask(kind).shape, 0.01)
    for (source, target, column), weight in weights.items():
      matrix[space.topology.edges.index((source, target)), column] = weight
    matrices[kind] = matrix
  return discretize(space, matrices, kinds, rule).cells['normal'].edges


class BestPairsTest(absltest.TestCase):
  def test_both_pairs_may_be_of_one_source(self):
    edges = cell(
      {
        (0, 2, SKIP): 3 / 9,
        (0, 2, SEP): 4 / 9,
        (1, 2, SEP): 1 / 9,
        (2, 3, SKIP): 0.5,
        (0, 3, SEP): 0.2,
      },
      'best_pairs',
    )
    self.assertEqual(
      edges[:4],
      (
        Edge('sep_conv_3x3', 0, 2),
        Edge('skip_connect', 0, 2),
        Edge('skip_connect', 2, 3),
        Edge('sep_conv_3x3', 0, 3),
      ),
    )
    self.assertLen(edges, 8)

  def test_none_and_ties(self):
    edges = cell({(0, 2, 0): 0.9}, 'best_pairs')
    # Of equal weights the first two candidates of the first source.
    self.assertEqual(
      edges[:2], (Edge('max_pool_3x3', 0, 2), Edge('avg_pool_3x3', 0, 2))
    )

  def test_spaces_that_keep_all_edges(self):
    weights = {(0, 1, 0): 0.9, (0, 2, 3): 0.5, (1, 3, 4): 0.4}
    self.assertEqual(
      cell(weights, 'best_pairs', NAS_BENCH_201),
      cell(weights, 'argmax', NAS_BENCH_201),
    )


class ThresholdTest(absltest.TestCase):
  def test_edges_below_the_threshold_go(self):
    edges = cell(
      {
        (0, 2, SEP): 0.85,
        (1, 2, SEP): 0.84,
        (0, 3, SEP): 0.9,
        (1, 3, SKIP): 0.95,
        (2, 3, SEP): 0.99,
        (2, 3, SKIP): 0.98,
      },
      'threshold',
    )
    # The two strongest edges of a node at most, each with one operation.
    self.assertEqual(
      edges,
      (
        Edge('sep_conv_3x3', 0, 2),
        Edge('sep_conv_3x3', 2, 3),
        Edge('skip_connect', 1, 3),
      ),
    )

  def test_a_cell_keeps_an_edge_from_an_input(self):
    self.assertEqual(
      cell({(1, 4, SEP): 0.3, (0, 2, SKIP): 0.2}, 'threshold'),
      (Edge('sep_conv_3x3', 1, 4),),
    )
    # An edge from a node without inputs does not count.
    edges = cell({(1, 4, SEP): 0.3, (2, 3, SEP): 0.9}, 'threshold')
    self.assertEqual(
      edges, (Edge('sep_conv_3x3', 2, 3), Edge('sep_conv_3x3', 1, 4))
    )

  def test_spaces_that_keep_all_edges(self):
    edges = cell({(0, 1, 3): 0.9, (0, 2, 3): 0.5}, 'threshold', NAS_BENCH_201)
    self.assertEqual(
      [edge.operation for edge in edges], ['nor_conv_3x3'] + ['none'] * 5
    )


class OptionsTest(parameterized.TestCase):
  def test_another_threshold(self):
    weights = {(0, 2, SEP): 0.7, (1, 2, SKIP): 0.6}
    self.assertEqual(
      cell(weights, 'threshold:least=0.65'), (Edge('sep_conv_3x3', 0, 2),)
    )
    self.assertLen(cell(weights, 'threshold:least=0.5'), 2)

  def test_more_skip_connections(self):
    weights = {(0, node, SKIP): 0.9 for node in (2, 3, 4, 5)}
    skips = lambda rule: sum(
      edge.operation == 'skip_connect' for edge in cell(weights, rule)
    )
    self.assertEqual(skips('skip_limited'), 2)
    self.assertEqual(skips('skip_limited:most=3'), 3)
    self.assertEqual(skips('skip_limited:most=0'), 0)
    self.assertEqual(rule_of(DARTS, 'skip_limited:most=3').model.most_skips, 3)

  @parameterized.parameters(
    ('threshold:lest=0.5', "Did you mean 'least'"),
    ('threshold:least=big', 'expected a number'),
    ('skip_limited:most=-1', 'Received: most=-1'),
    ('darts:most=1', "Received: .*'most'"),
    ('threshold:least', 'name:option=value'),
  )
  def test_bad_options(self, rule, message):
    with self.assertRaisesRegex(InputError, message):
      rule_of(DARTS, rule)


if __name__ == '__main__':
  absltest.main()
