from absl.testing import absltest, parameterized

from darts_tf.config.errors import InputError
from darts_tf.search import SearchConfig
from darts_tf.strategies import RandomSearchConfig
from darts_tf.study.arm import Arm, parse_arm, parse_arms


class ParseTest(parameterized.TestCase):
  @parameterized.parameters(
    ('amended', {'gradient': 'amended'}),
    ('amended:eta=0.3', {'gradient': 'amended', 'eta': 0.3}),
    ('strong:gradient=amended,eta=1', {'gradient': 'amended', 'eta': 1.0}),
    # The options have the last word.
    ('amended:gradient=first_order', {'gradient': 'first_order'}),
    (
      'slow:alpha_learning_rate=1e-4,auxiliary=true,stem=conv,epochs=3',
      {
        'alpha_learning_rate': 1e-4,
        'auxiliary': True,
        'stem': 'conv',
        'epochs': 3,
      },
    ),
    ('no_flip:flip=false,channels=none', {'flip': False, 'channels': None}),
    ('random_search', {}),
    ('forty:search_strategy=random_search,num_samples=40', {'num_samples': 40}),
  )
  def test_forms(self, text, options):
    arm = parse_arm(text)
    self.assertEqual(arm.name, text.split(':')[0])
    self.assertEqual(arm.options, options)
    for name, value in options.items():
      self.assertIs(type(arm.options[name]), type(value))

  @parameterized.parameters(
    ('', "Received: arm=''"),
    ('a/b:eta=1', 'letters, digits'),
    ('..', 'letters, digits'),
    ('amended:', 'NAME:option=value'),
    ('amendet', "Unknown arm.*Did you mean 'amended'"),
    ('amended:eta', "option=value. Received: 'eta'"),
    ('amended:eta=', "Received: 'eta='"),
    ('amended:eta=1,eta=2', "repeated.*'eta=2'"),
    ('amended:etta=1', "Unknown option.*Did you mean 'eta'"),
    ('amended:eta=big', "expected a number. Received: eta='big'"),
    ('amended:eta=nan', 'not a finite number'),
    ('x:epochs=1.5', "expected a whole number. Received: epochs='1.5'"),
    ('x:evaluate_every=none', 'expected a whole number'),
    ('x:auxiliary=yes', 'expected true or false'),
    ('x:seed=1', 'the flag --seeds'),
    ('x:search_space=s1', 'the flag --search_space'),
    ('random_search:gradient=amended', "Unknown option.*'gradient'"),
    # A name stands for a strategy as a whole, not by its beginning.
    ('random_search_40', 'Unknown arm'),
    ('random_search_40:num_samples=40', "Unknown option.*'num_samples'"),
    ('x:search_strategy=random', 'Unknown search_strategy'),
  )
  def test_bad_arms(self, text, message):
    with self.assertRaisesRegex(InputError, message) as caught:
      parse_arm(text)
    self.assertNotIn('\n', str(caught.exception))

  def test_duplicate_names(self):
    with self.assertRaisesRegex(InputError, "same name.*'amended:eta=1'"):
      parse_arms(['amended', 'first_order', 'amended:eta=1'])
    self.assertLen(parse_arms(['amended', 'first_order']), 2)


class ConfigureTest(absltest.TestCase):
  def test_search(self):
    common = SearchConfig(epochs=7, seed=9)
    config = parse_arm('amended:eta=0.3').configure(common, 2)
    self.assertEqual(
      config, common.replace(gradient='amended', eta=0.3, seed=2)
    )

  def test_random_search_takes_what_both_have(self):
    common = SearchConfig(
      search_space='s1',
      batch_size=8,
      channels=3,
      learning_rate=0.5,
      dataset='x.npz',
      image_size=4,
      cutout=2,
      epochs=7,
    )
    config = parse_arm('random_search:short_epochs=4,batch_size=16').configure(
      common, 2
    )
    self.assertEqual(
      config,
      RandomSearchConfig(
        search_space='s1',
        batch_size=16,
        channels=3,
        learning_rate=0.5,
        dataset='x.npz',
        image_size=4,
        cutout=2,
        short_epochs=4,
        seed=2,
      ),
    )

  def test_wrong_values(self):
    with self.assertRaisesRegex(InputError, 'Received: epochs=0'):
      Arm('x', {'epochs': 0}).configure(SearchConfig(), 0)


if __name__ == '__main__':
  absltest.main()
