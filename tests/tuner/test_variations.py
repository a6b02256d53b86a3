from absl.testing import absltest, parameterized

from darts_tf.config.errors import InputError
from darts_tf.tuner.variations import variations


class VariationsTest(parameterized.TestCase):
  def test_all_combinations(self):
    self.assertEqual(
      variations(['eta=0.1,0.03', 'epochs=5, 10', 'auxiliary=true']),
      [
        {'eta': 0.1, 'epochs': 5, 'auxiliary': True},
        {'eta': 0.1, 'epochs': 10, 'auxiliary': True},
        {'eta': 0.03, 'epochs': 5, 'auxiliary': True},
        {'eta': 0.03, 'epochs': 10, 'auxiliary': True},
      ],
    )
    self.assertEqual(
      variations(['method=darts,beta_darts']),
      [{'method': 'darts'}, {'method': 'beta_darts'}],
    )
    self.assertEqual(variations([]), [{}])

  @parameterized.parameters(
    (['eta'], 'expected OPTION=VALUE,VALUE'),
    (['eta='], 'expected OPTION=VALUE,VALUE'),
    (['etta=1'], 'Did you mean .eta.'),
    (['epochs=1.5'], "expected a whole number. Received: epochs='1.5'"),
    (
      ['auxiliary=maybe'],
      "expected true or false. Received: auxiliary='maybe'",
    ),
    (['eta=1', 'eta=2'], 'varies twice'),
  )
  def test_bad_input(self, texts, message):
    with self.assertRaisesRegex(InputError, message):
      variations(texts)


if __name__ == '__main__':
  absltest.main()
