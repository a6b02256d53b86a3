import collections

import numpy as np
from absl.testing import absltest, parameterized

from darts_tf.config.errors import InputError
from darts_tf.schedule import (
  Child,
  Constant,
  Continue,
  Course,
  PruneReplace,
  Stage,
)
from darts_tf.schedule.prune_replace import draw_child, prune
from darts_tf.search_space import Growth, search_spaces

_TABLES = {
  'cycle_epochs': '3,2,2',
  'cycle_grace_epochs': '1,0,0',
  'cycle_morphisms': '2,0,0',
  'cycle_candidates': '4,2,1',
}


class StagesTest(absltest.TestCase):
  def test_table_of_the_paper(self):
    stages = PruneReplace().stages(None, 0)
    self.assertLen(stages, 9)
    self.assertEqual(stages[0], Stage(0, 0, 15, 5))
    self.assertEqual(stages[2], Stage(2, 30, 10, 3))
    self.assertEqual(stages[-1].end, 100)

  def test_stages(self):
    schedule = PruneReplace(**_TABLES)
    stages = schedule.stages(None, 0)
    self.assertEqual([stage.first_epoch for stage in stages], [0, 3, 5])
    self.assertEqual([stage.end for stage in stages], [3, 5, 7])
    self.assertEqual(schedule.stages(7, 0), stages)

  def test_constant(self):
    self.assertEqual(Constant().stages(None, 0), (Stage(0, 0, 50, 0),))
    self.assertEqual(Constant().stages(7, 2), (Stage(0, 0, 7, 2),))

  def test_the_next_stage_begins_when_one_ends(self):
    space = search_spaces['prune_replace_dl']
    schedule = PruneReplace(**_TABLES)
    stages = schedule.stages(None, 0)
    weights = {kind: np.ones([14, 4]) / 4 for kind in space.candidates}

    def decide(epochs):
      course = Course(
        [{}] * epochs,
        {kind: [w] for kind, w in weights.items()},
        {kind: kind for kind in space.candidates},
        space,
        [space.candidates],
      )
      return schedule.after_epoch(course, stages)

    self.assertEqual(decide(2), Continue())
    following = decide(3)
    self.assertEqual(following.stage, stages[1])
    self.assertEqual(following, decide(3))
    self.assertNotEqual(following.change.candidates, space.candidates)


class BadTablesTest(parameterized.TestCase):
  @parameterized.parameters(
    (
      {'cycle_epochs': '3,2'},
      'differ in length; .* Received: 2 numbers in cycle_epochs, 3 numbers',
    ),
    ({'cycle_epochs': '3,2,x'}, "Received: cycle_epochs='3,2,x'"),
    ({'cycle_epochs': ''}, "Received: cycle_epochs=''"),
    ({'cycle_morphisms': '-1,0,0'}, "Received: cycle_morphisms='-1,0,0'"),
    (
      {'cycle_morphisms': '4,0,0'},
      'kept at the end of cycle 1; .* Received: cycle_candidates=4,'
      ' cycle_morphisms=4',
    ),
    (
      {'cycle_grace_epochs': '1,2,0'},
      'cycle 2; .* Received: cycle_epochs=2, cycle_grace_epochs=2',
    ),
    ({'cycle_candidates': '4,2,2'}, 'Received: .* cycle_candidates=2'),
    (
      {'cycle_morphisms': '2,0,1', 'cycle_candidates': '4,2,2'},
      'ends? with 0 morphisms|end with 0 morphisms',
    ),
    ({'epochs': 8}, 'expected 7 or none. Received: epochs=8'),
    ({'grace_epochs': 1}, 'Received: grace_epochs=1'),
  )
  def test_refused(self, changes, message):
    with self.assertRaisesRegex(InputError, message):
      given = {'epochs': None, 'grace_epochs': 0, **_TABLES, **changes}
      lengths = [given.pop(name) for name in ('epochs', 'grace_epochs')]
      PruneReplace(**given).stages(*lengths)

  def test_spaces(self):
    schedule = PruneReplace(**_TABLES)
    schedule.check(search_spaces['prune_replace_dl'])
    with self.assertRaisesRegex(InputError, "search_space='darts'"):
      schedule.check(search_spaces['darts'])
    with self.assertRaisesRegex(InputError, "search_space='amended_s2'"):
      schedule.check(search_spaces['amended_s2'])
    # Nothing comes in: any space will do.
    PruneReplace(**{**_TABLES, 'cycle_morphisms': '0,0,0'}).check(
      search_spaces['darts']
    )


class PruneTest(absltest.TestCase):
  def test_the_least_likely_go(self):
    p = {
      'skip_connect': 0.1,
      'conv_k3_d1': 0.4,
      'max_pool_3x3': 0.3,
      'conv_k5_d1': 0.2,
    }
    self.assertEqual(prune(p, 2), ['conv_k3_d1', 'max_pool_3x3'])
    self.assertEqual(prune(p, 9), list(p))

  def test_a_convolution_stays(self):
    p = {
      'skip_connect': 0.4,
      'conv_k3_d1': 0.1,
      'max_pool_3x3': 0.3,
      'conv_k5_d1': 0.2,
    }
    self.assertEqual(prune(p, 2), ['skip_connect', 'conv_k5_d1'])
    self.assertEqual(prune(p, 1), ['conv_k5_d1'])

  def test_without_convolutions(self):
    p = {'skip_connect': 0.4, 'max_pool_3x3': 0.6}
    self.assertEqual(prune(p, 1), ['max_pool_3x3'])


class DrawChildTest(absltest.TestCase):
  growth = Growth()

  def draws(self, p, present, history, count=600, growth=None):
    draw = np.random.default_rng(0)
    return collections.Counter(
      draw_child(p, present, history, growth or self.growth, draw)
      for _ in range(count)
    )

  def test_distribution(self):
    # conv_k3_d1 has three morphisms here, conv_k7_d2_m1 two.
    p = {'conv_k3_d1': 0.6, 'conv_k7_d2_m1': 0.2, 'skip_connect': 0.2}
    counts = self.draws(p, set(p), set(p), 3000)
    self.assertCountEqual(
      [name for name, _ in counts],
      [
        'conv_k5_d1',
        'conv_k3_d2',
        'conv_k3_d1_m1',
        'conv_k5_d2_m1',
        'conv_k7_d1_m1',
      ],
    )
    total = 0.6 + 0.2
    for (name, child), count in counts.items():
      of_parent = 0.2 if child.parent == 'conv_k3_d1' else 0.1
      self.assertAlmostEqual(
        count / 3000, of_parent / total, delta=0.03, msg=name
      )

  def test_not_what_was_there(self):
    p = {'conv_k3_d1': 1.0}
    history = {'conv_k3_d1', 'conv_k5_d1', 'conv_k3_d2'}
    counts = self.draws(p, set(p), history)
    self.assertEqual(
      list(counts), [('conv_k3_d1_m1', Child('conv_k3_d1', 'inserted_unit'))]
    )

  def test_unless_nothing_is_new(self):
    p = {'conv_k3_d1': 1.0}
    history = {'conv_k3_d1', 'conv_k5_d1', 'conv_k3_d2', 'conv_k3_d1_m1'}
    counts = self.draws(p, {'conv_k3_d1', 'conv_k5_d1'}, history)
    self.assertCountEqual(
      [name for name, _ in counts], ['conv_k3_d2', 'conv_k3_d1_m1']
    )

  def test_nothing_at_all(self):
    self.assertEqual(
      list(self.draws({'skip_connect': 1.0}, set(), set(), 1)), [None]
    )
    only = Growth((3, 3), (1, 1), 0, 1)
    self.assertEqual(
      list(self.draws({'conv_k3_d1': 1.0}, {'conv_k3_d1'}, set(), 1, only)),
      [None],
    )

  def test_vanishing_weights(self):
    self.assertLen(self.draws({'conv_k3_d1': 0.0}, {'conv_k3_d1'}, set()), 3)


class ChangeTest(absltest.TestCase):
  def test_all_edges(self):
    space = search_spaces['prune_replace_dl']
    schedule = PruneReplace(**_TABLES)
    draw = np.random.default_rng(0)
    weights = {kind: draw.dirichlet([1] * 4, 14) for kind in space.candidates}
    stages = schedule.stages(None, 0)
    course = lambda now, past: Course(
      [],
      {kind: [w] for kind, w in weights.items()},
      {kind: kind for kind in weights},
      now,
      past,
    )
    change = schedule.change(
      course(space, [space.candidates]), stages[0], np.random.default_rng(1)
    )
    for kind, edges in space.candidates.items():
      for names, row, now, came in zip(
        edges,
        weights[kind],
        change.candidates[kind],
        change.children[kind],
        strict=True,
      ):
        self.assertLen(now, 4)
        self.assertLen(set(now), 4)
        self.assertEqual(set(now) - set(names), set(came))
        self.assertLen(came, 2)
        kept = prune(dict(zip(names, row)), 2)
        self.assertEqual(list(now[:2]), kept)
        for name, child in came.items():
          self.assertIn(child.parent, kept)
          self.assertTrue(space.offers(kind, 0, name))
    again = schedule.change(
      course(space, [space.candidates]), stages[0], np.random.default_rng(1)
    )
    self.assertEqual(again, change)
    # Later, without morphisms, candidates only go.
    now = space.with_candidates(change.candidates)
    last = schedule.change(
      course(now, [space.candidates, now.candidates]),
      stages[1],
      np.random.default_rng(2),
    )
    for kind, edges in last.candidates.items():
      self.assertEqual({len(names) for names in edges}, {2})
      self.assertFalse(any(last.children[kind]))


if __name__ == '__main__':
  absltest.main()
