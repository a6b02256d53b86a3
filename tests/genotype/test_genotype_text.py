from absl.testing import absltest, parameterized

from darts_tf.config.errors import InputError
from darts_tf.genotype import CellGenotype, Genotype
from darts_tf.genotype.published import published_genotype

_STRING = (
  '|nor_conv_3x3~0|+|none~0|skip_connect~1|'
  '+|avg_pool_3x3~0|none~1|nor_conv_1x1~2|'
)


class NasBench201Test(parameterized.TestCase):
  def test_round_trip(self):
    genotype = Genotype.from_nas_bench_201_string(_STRING)
    self.assertEqual(genotype.search_space, 'nas_bench_201')
    self.assertEqual(
      genotype.cells['normal'].edges,
      (
        ('nor_conv_3x3', 0, 1),
        ('none', 0, 2),
        ('skip_connect', 1, 2),
        ('avg_pool_3x3', 0, 3),
        ('none', 1, 3),
        ('nor_conv_1x1', 2, 3),
      ),
    )
    self.assertEqual(genotype.cells['normal'].output, (3,))
    self.assertEqual(genotype.to_nas_bench_201_string(), _STRING)

  def test_absent_edges_are_none_and_order_does_not_matter(self):
    edges = [
      edge
      for edge in Genotype.from_nas_bench_201_string(_STRING)
      .cells['normal']
      .edges
      if edge.operation != 'none'
    ]
    genotype = Genotype(
      'nas_bench_201', {'normal': CellGenotype(edges[::-1], (3,))}
    )
    self.assertEqual(genotype.to_nas_bench_201_string(), _STRING)

  @parameterized.named_parameters(
    ('no_text', None, 'is not text'),
    ('two_nodes', '|none~0|+|none~0|none~1|', 'has 2 nodes instead of 3'),
    (
      'no_bars',
      'none~0+|none~0|none~1|+|none~0|none~1|none~2|',
      'does not enclose node 1',
    ),
    (
      'no_tilde',
      '|none|+|none~0|none~1|+|none~0|none~1|none~2|',
      'edge into node 1 that is not operation~source',
    ),
    (
      'empty',
      '||+|none~0|none~1|+|none~0|none~1|none~2|',
      'edge into node 1 that is not',
    ),
    (
      'sources',
      '|none~0|+|none~1|none~0|+|none~0|none~1|none~2|',
      r'joins node 2 with nodes \[1, 0\] instead of \[0, 1\]',
    ),
    (
      'few',
      '|none~0|+|none~0|none~1|+|none~0|none~1|',
      'joins node 3 with nodes',
    ),
  )
  def test_malformed(self, text, message):
    with self.assertRaisesRegex(
      InputError, rf'NAS-Bench-201 string .*{message}.*Received: text='
    ):
      Genotype.from_nas_bench_201_string(text)

  def test_any_operation_is_data(self):
    text = _STRING.replace('nor_conv_3x3', 'my_conv')
    self.assertEqual(
      Genotype.from_nas_bench_201_string(text).to_nas_bench_201_string(), text
    )

  def test_what_leaves_a_missing_node_is_none(self):
    edges = [('nor_conv_3x3', 1, 2), ('nor_conv_1x1', 0, 3)]
    edges.append(('skip_connect', 2, 3))
    genotype = Genotype('nas_bench_201', {'normal': CellGenotype(edges, (3,))})
    self.assertEqual(
      genotype.to_nas_bench_201_string(),
      '|none~0|+|none~0|none~1|+|nor_conv_1x1~0|none~1|none~2|',
    )

  def test_what_strings_cannot_say(self):
    with self.assertRaisesRegex(InputError, "expected 'nas_bench_201'"):
      published_genotype('DARTS_V1').to_nas_bench_201_string()
    edge = ('none', 0, 3)
    twice = Genotype(
      'nas_bench_201', {'normal': CellGenotype([edge, edge], (3,))}
    )
    with self.assertRaisesRegex(InputError, 'expected one edge from 0 to 3'):
      twice.to_nas_bench_201_string()
    output = Genotype(
      'nas_bench_201', {'normal': CellGenotype([('none', 0, 1), edge], (1, 3))}
    )
    with self.assertRaisesRegex(InputError, r'Received: output=\[1, 3\]'):
      output.to_nas_bench_201_string()


if __name__ == '__main__':
  absltest.main()
