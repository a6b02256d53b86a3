from absl.testing import absltest, parameterized

from darts_tf.analysis.similarity import (
  edge_similarity,
  mean_similarity,
  similarity,
)


class SimilarityTest(parameterized.TestCase):
  @parameterized.parameters(
    # Kernel, dilation, number of units, widths.
    ('conv_k3_d1', 'conv_k3_d1', 1.0),
    ('conv_k3_d1', 'conv_k5_d1', 4 / 5),
    ('conv_k3_d1', 'conv_k5_d2', 3 / 5),
    ('conv_k3_d1_m1', 'conv_k3_d1_m2', 4 / 5),
    # Another number of units means other widths.
    ('conv_k3_d1', 'conv_k3_d1_m1', 3 / 5),
    ('conv_k3_d1_m2-1', 'conv_k3_d1_m1-2', 4 / 5),
    ('conv_k3_d1', 'conv_k5_d2_m1', 1 / 5),
    # Kind and kernel.
    ('max_pool_3x3', 'avg_pool_3x3', 2 / 3),
    ('max_pool_3x3', 'max_pool_5x5', 2 / 3),
    ('max_pool_3x3', 'avg_pool_5x5', 1 / 3),
    ('max_pool_3x3', 'conv_k3_d1', 0.0),
    # Names without attributes.
    ('skip_connect', 'skip_connect', 1.0),
    ('skip_connect', 'none', 0.0),
    ('sep_conv_3x3', 'sep_conv_3x3', 1.0),
    ('sep_conv_3x3', 'sep_conv_5x5', 0.0),
    ('sep_conv_3x3', 'conv_k3_d1_m1', 0.0),
  )
  def test_two_operations(self, first, second, expected):
    self.assertAlmostEqual(similarity(first, second), expected)
    self.assertEqual(similarity(first, second), similarity(second, first))

  def test_edge(self):
    # Pairs: pools 2 / 3, the five others 0.
    self.assertAlmostEqual(
      edge_similarity(
        ['max_pool_3x3', 'avg_pool_3x3', 'skip_connect', 'conv_k3_d1']
      ),
      2 / 3 / 6,
    )
    self.assertIsNone(edge_similarity(['conv_k3_d1']))
    self.assertIsNone(edge_similarity([]))

  def test_mean_over_edges(self):
    found = mean_similarity(
      {
        # 4 / 5, 0, and an edge without pairs.
        'normal': (
          ('conv_k3_d1', 'conv_k5_d1'),
          ('skip_connect', 'none'),
          ('conv_k3_d1',),
        ),
        'reduce': (('conv_k3_d1',), ('skip_connect',)),
      }
    )
    self.assertAlmostEqual(found['normal'], 2 / 5)
    self.assertIsNone(found['reduce'])


if __name__ == '__main__':
  absltest.main()
