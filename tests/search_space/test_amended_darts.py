from absl.testing import absltest, parameterized

from darts_tf.search_space import AMENDED_S1, AMENDED_S2, DARTS

_SPACES = (AMENDED_S1, AMENDED_S2)


class AmendedDartsTest(parameterized.TestCase):
  @parameterized.parameters(*_SPACES)
  def test_edges(self, space):
    # arXiv:1910.11831: node i is joined to node i - 1 and to node 0.
    edges = {(s, t) for t in range(2, 6) for s in (0, t - 1)}
    self.assertCountEqual(space.topology.edges, edges)
    self.assertEqual(
      [DARTS.topology.edges.index(e) for e in space.topology.edges],
      [0, 1, 2, 4, 5, 8, 9, 13],
    )
    self.assertEqual(space.topology.output, (2, 3, 4, 5))
    self.assertEqual(space.discretization, 'fixed_edges')

  def test_candidates(self):
    self.assertEqual(
      AMENDED_S1.candidates['normal'], (DARTS.candidates['normal'][0][1:],) * 8
    )
    self.assertNotIn('none', AMENDED_S1.operations())
    self.assertEqual(
      AMENDED_S2.candidates['reduce'], (('skip_connect', 'sep_conv_3x3'),) * 8
    )

  def test_sizes(self):
    # Choices of all edges: 7^16, about 3.3e13, and 2^160, about 1.5e48.
    for space, size in ((AMENDED_S1, 7**16), (AMENDED_S2, 2**160)):
      count = 1
      for kind in space.groups(space.default_cells).values():
        for names in space.candidates[kind]:
          count *= len(names)
      self.assertEqual(count, size)

  def test_groups(self):
    self.assertEqual(list(AMENDED_S1.groups(8)), ['normal', 'reduce'])
    groups = AMENDED_S2.groups(20)
    self.assertEqual(list(groups), [f'cell_{i:02d}' for i in range(20)])
    self.assertEqual(
      [i for i, kind in enumerate(groups.values()) if kind == 'reduce'],
      [20 // 3, 40 // 3],
    )
    self.assertEqual(AMENDED_S2.group_of(7, 'normal'), 'cell_07')


if __name__ == '__main__':
  absltest.main()
