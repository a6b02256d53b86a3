import numpy as np
from absl.testing import absltest

from darts_tf.config.errors import InputError
from darts_tf.search_space import search_spaces
from darts_tf.tuner.finding import spread_weights

_KINDS = {'normal': 'normal', 'reduce': 'reduce'}


class SpreadWeightsTest(absltest.TestCase):
  def setUp(self):
    super().setUp()
    self.space = search_spaces['prune_replace_dl']

  def now(self, name):
    """The space in which the first edge has a candidate that came in."""
    return self.space.with_candidates(
      {
        'normal': ((name, 'skip_connect'), *(('conv_k3_d1',),) * 13),
        'reduce': self.space.candidates['reduce'],
      }
    )

  def test_weights(self):
    whole = self.space.whole()
    weights = {
      'normal': np.array([[0.7, 0.3], *([[1.0, 0.0]] * 13)]),
      'reduce': np.full([14, 4], 0.25),
    }
    spread = spread_weights(weights, self.now('conv_k7_d2'), whole, _KINDS)
    names = whole.candidates['normal'][0]
    self.assertEqual(spread['normal'][0, names.index('conv_k7_d2')], 0.7)
    self.assertEqual(spread['normal'][0, names.index('skip_connect')], 0.3)
    for matrix in spread.values():
      np.testing.assert_allclose(matrix.sum(-1), 1)
      self.assertEqual(matrix.shape, (14, 15))

  def test_candidates_beyond_the_wider_space(self):
    with self.assertRaisesRegex(InputError, "operation='conv_k5_d1'"):
      spread_weights(
        {'normal': np.ones([14, 2])}, self.now('conv_k5_d1'), self.space, _KINDS
      )


if __name__ == '__main__':
  absltest.main()
