"""The flags of `bin/search.py`."""

from unittest import mock

import programs
import tiny_runs
from absl.testing import absltest, parameterized

from darts_tf.strategies import RandomSearch


class SearchProgramTest(parameterized.TestCase):
  def setUp(self):
    super().setUp()
    self.program = programs.load_program(self, 'search')
    self.directory = str(tiny_runs.temporary_directory(self) / 'run')

  def run_it(self, **values):
    return programs.run_program(self.program, workdir=self.directory, **values)

  def test_another_strategy(self):
    with mock.patch.object(
      RandomSearch, 'search', side_effect=KeyboardInterrupt
    ) as search:
      self.run_it(
        search_strategy='random_search', num_samples='7', batch_size='5'
      )
    config, workdir = search.call_args.args
    self.assertEqual((config.num_samples, config.batch_size), (7, 5))
    # The default of this strategy, whatever that of another is.
    self.assertEqual(config.weight_decay, 3e-4)
    self.assertEqual(workdir, self.directory)

  def test_print_config(self):
    code, out, _ = self.run_it(
      search_strategy='random_search', print_config='true'
    )
    self.assertFalse(code)
    self.assertIn('--search_strategy=random_search\n', out)
    self.assertIn('--short_epochs=5\n', out)
    self.assertNotIn('--method', out)

  @parameterized.parameters(
    (
      {'search_strategy': 'random_search', 'method': 'gdas'},
      "no option method; .*Received: method='gdas'",
    ),
    (
      {'num_samples': '3'},
      'expected it with --search_strategy=random_search.*num_samples=3',
    ),
  )
  def test_options_of_another_strategy(self, values, message):
    code, _, err = self.run_it(**values)
    self.assertEqual(code, 2)
    self.assertRegex(err, f'^error: .*{message}')
    self.assertEqual(err.count('\n'), 1)


if __name__ == '__main__':
  absltest.main()
