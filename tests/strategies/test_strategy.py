"""Properties of every search strategy."""

import dataclasses

from absl.testing import absltest, parameterized

from darts_tf.config.errors import InputError
from darts_tf.config.options import flag_name, option_types
from darts_tf.runs.run_config import RunConfig
from darts_tf.search import SearchConfig
from darts_tf.search_space.space import space_of
from darts_tf.strategies import (
  RandomSearchConfig,
  search_strategies,
  strategy_of,
)


class StrategiesTest(parameterized.TestCase):
  @parameterized.parameters(*search_strategies)
  def test_options_choose_their_strategy(self, name):
    strategy = search_strategies[name]
    config = strategy.resolve(strategy.config(search_space='nas_bench_201'))
    self.assertIs(strategy_of(config), strategy)
    self.assertIsInstance(config, RunConfig)
    # What is filled in once stays.
    self.assertEqual(strategy.resolve(config), config)
    space_of(strategy.example(config))
    self.assertTrue(strategy.describe(config))

  @parameterized.parameters(*search_strategies)
  def test_unknown_names_are_refused(self, name):
    strategy = search_strategies[name]
    with self.assertRaisesRegex(InputError, "Did you mean 'darts'"):
      strategy.resolve(strategy.config(search_space='dart'))

  def test_options_of_no_strategy(self):
    with self.assertRaisesRegex(InputError, "Received: .*'RunConfig'"):
      strategy_of(RunConfig())

  def test_shared_options_mean_the_same(self):
    """One flag stands for an option of several strategies."""
    first, second = SearchConfig, RandomSearchConfig
    types = option_types(first), option_types(second)
    flags = [
      {f.name: flag_name(f) for f in dataclasses.fields(c)}
      for c in (first, second)
    ]
    for name in set(types[0]) & set(types[1]):
      self.assertIs(types[0][name], types[1][name], name)
      self.assertEqual(flags[0][name], flags[1][name])


if __name__ == '__main__':
  absltest.main()
