import collections
import itertools

from absl.testing import absltest, parameterized

from darts_tf.search_space import DARTS, S1, S2, S3, S4, search_spaces

_SHORT = {
  'max': 'max_pool_3x3',
  'avg': 'avg_pool_3x3',
  'skip': 'skip_connect',
  'sep3': 'sep_conv_3x3',
  'dil3': 'dil_conv_3x3',
  'dil5': 'dil_conv_5x5',
}

# As arXiv:1909.09656 lists them, edges 0 to 13.
_NORMAL = (
  'skip,dil3 skip,dil5 skip,dil5 skip,sep3 skip,dil3 max,skip skip,sep3'
  ' skip,sep3 skip,dil3 skip,sep3 max,skip skip,dil3 dil3,dil5 dil3,dil5'
)
_REDUCE = (
  'max,avg max,dil3 max,avg max,avg skip,dil5 max,avg max,sep3 skip,dil3'
  ' skip,dil5 max,avg max,avg skip,dil5 skip,dil5 skip,dil5'
)


class RobustDartsTest(parameterized.TestCase):
  @parameterized.parameters(('normal', _NORMAL), ('reduce', _REDUCE))
  def test_s1_lists(self, kind, text):
    expected = tuple(
      tuple(_SHORT[name] for name in pair.split(',')) for pair in text.split()
    )
    self.assertEqual(S1.candidates[kind], expected)

  def test_s1_has_the_published_number_of_skips_and_pools(self):
    for kind, counts in (
      ('normal', {'skip_connect': 12, 'max_pool_3x3': 2}),
      ('reduce', {'skip_connect': 6, 'max_pool_3x3': 8}),
    ):
      found = collections.Counter(
        name for names in S1.candidates[kind] for name in names
      )
      for name, count in counts.items():
        self.assertEqual(found[name], count, (kind, name))

  @parameterized.parameters(
    (S2, ('skip_connect', 'sep_conv_3x3')),
    (S3, ('none', 'skip_connect', 'sep_conv_3x3')),
    (S4, ('noise', 'sep_conv_3x3')),
  )
  def test_same_candidates_everywhere(self, space, names):
    self.assertEqual(
      space.candidates, dict.fromkeys(('normal', 'reduce'), (names,) * 14)
    )

  @parameterized.parameters(
    ('s1', 2**8), ('s2', 2**8), ('s3', 2**8), ('s4', 2**8), ('darts', 7**8)
  )
  def test_sizes(self, name, choices):
    # Each node keeps two of its inputs, and on each an operation.
    space = search_spaces[name]
    size = 1
    for lists in space.candidates.values():
      for node in space.topology.nodes:
        options = [
          sum(n != 'none' for n in lists[edge])
          for edge in space.topology.incoming(node)
        ]
        size *= sum(a * b for a, b in itertools.combinations(options, 2))
    self.assertEqual(size, (180 * choices) ** 2)

  @parameterized.parameters('s1', 's2', 's3', 's4')
  def test_all_else_is_that_of_darts(self, name):
    space = search_spaces[name]
    for field in (
      'topology',
      'macro',
      'discretization',
      'inputs_per_node',
      'search_style',
      'network_style',
      'shared_cells',
      'default_cells',
      'default_channels',
    ):
      self.assertEqual(getattr(space, field), getattr(DARTS, field), field)


if __name__ == '__main__':
  absltest.main()
