import numpy as np
from absl.testing import absltest

from darts_tf.discretize import discretize
from darts_tf.search_space import search_spaces

_SPACE = search_spaces['prune_replace_dl']
_NAMES = _SPACE.candidates['normal'][0]
_SKIP, _CONV = _NAMES.index('skip_connect'), _NAMES.index('conv_k3_d1')


def derive(normal, reduce=None):
  reduce = normal if reduce is None else reduce
  return discretize(
    _SPACE,
    {'normal': normal, 'reduce': reduce},
    {'normal': 'normal', 'reduce': 'reduce'},
    'skip_limited',
  )


def skips(genotype, name):
  return [
    (e.source, e.target)
    for e in genotype.cells[name].edges
    if e.operation == 'skip_connect'
  ]


class SkipLimitedTest(absltest.TestCase):
  def weights(self):
    return np.full([14, 4], 0.1)

  def test_two_are_left_alone(self):
    weights = self.weights()
    weights[:, _CONV] = 0.4
    weights[0, _SKIP], weights[2, _SKIP] = 0.7, 0.6
    self.assertEqual(skips(derive(weights), 'normal'), [(0, 2), (0, 3)])

  def test_the_least_likely_give_way(self):
    weights = self.weights()
    weights[:, _CONV] = 0.2
    edges = {(0, 2): 0.9, (1, 3): 0.5, (0, 4): 0.8, (3, 5): 0.6}
    for pair, weight in edges.items():
      weights[_SPACE.topology.edges.index(pair), _SKIP] = weight
    genotype = derive(weights)
    self.assertEqual(skips(genotype, 'normal'), [(0, 2), (0, 4)])
    # Reduction cells keep theirs.
    self.assertLen(skips(genotype, 'reduce'), 4)

  def test_edges_are_chosen_anew(self):
    weights = self.weights()
    # Node 2 has both edges whatever happens; node 5 would lose this one.
    for pair, weight in {
      (0, 2): 0.9,
      (1, 2): 0.8,
      (0, 5): 0.7,
      (1, 5): 0.3,
      (2, 5): 0.25,
    }.items():
      weights[
        _SPACE.topology.edges.index(pair), _SKIP if weight > 0.5 else _CONV
      ] = weight
    cell = derive(weights).cells['normal']
    self.assertEqual(
      {(e.source, e.operation) for e in cell.edges if e.target == 5},
      {(1, 'conv_k3_d1'), (2, 'conv_k3_d1')},
    )

  def test_only_skips_on_offer(self):
    only = {kind: (('skip_connect',),) * 14 for kind in ('normal', 'reduce')}
    space = _SPACE.with_candidates(only)
    genotype = discretize(
      space,
      {kind: np.ones([14, 1]) for kind in only},
      {kind: kind for kind in only},
      'skip_limited',
    )
    self.assertLen(skips(genotype, 'normal'), 8)


if __name__ == '__main__':
  absltest.main()
