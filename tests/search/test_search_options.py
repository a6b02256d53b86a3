import keras
import numpy as np
import tensorflow as tf
import tiny_runs
from absl.testing import parameterized

from darts_tf.config.errors import DivergedError, InputError
from darts_tf.search import run_search
from darts_tf.search.builder import build_search
from darts_tf.search.resolve import resolve
from darts_tf.search.summary import describe


class SearchOptionsTest(tiny_runs.RunTest):
  def search(self, **changes):
    return tiny_runs.printed(
      run_search, tiny_runs.SEARCH.replace(**changes), self.directory, self.data
    )

  def test_options_are_filled_in(self):
    config = resolve(tiny_runs.SEARCH.replace(gradient='amended', eta=0.2))
    self.assertEqual((config.eta, config.difference_radius), (0.2, 0.1))
    self.assertIsNone(config.neumann_terms)
    parts = build_search(config, self.data)
    self.assertEqual(parts.estimator.eta, 0.2)
    self.assertIn(
      'Gradient    amended (eta 0.2; difference_radius 0.1)\n',
      describe(parts, self.data.info),
    )

  def test_options_of_a_penalty(self):
    config = resolve(tiny_runs.SEARCH.replace(method='beta_darts'))
    self.assertEqual(config.beta_decay, 50.0)
    config = resolve(config.replace(beta_decay=3.0))
    parts = build_search(config, self.data)
    [penalty] = parts.composition.penalties
    self.assertEqual(penalty.beta_decay, 3.0)
    self.assertIn(
      'Method      beta_darts (arXiv:2203.01665), softmax relaxation\n'
      'Gradient    first_order\n'
      'Penalties   beta_decay (beta_decay 3)\n',
      describe(parts, self.data.info),
    )
    result, _ = self.search(
      method='beta_darts', beta_decay=3.0, alpha_learning_rate=1e-9
    )
    # The weight is 0, 1 and 2; alphas stay near 0: log 3.
    self.assertAllClose(
      [line['penalty'] for line in result.metrics],
      np.log(3) * np.arange(3),
      rtol=1e-2,
    )

  @parameterized.parameters(
    (
      {'beta_decay': 1.0},
      "beta_decay does not belong to penalties 'none'; .*with beta_decay",
    ),
    ({'method': 'beta'}, "method='beta'"),
    ({'gradient': 'first_order', 'eta': 0.1}, 'eta does not belong'),
    ({'gradient': 'amended', 'eta': 0.0}, 'eta=0.0'),
    ({'gradient': 'implicit', 'damping': 1.0}, 'damping does not belong'),
  )
  def test_refused(self, changes, message):
    with self.assertRaisesRegex(InputError, message):
      resolve(tiny_runs.SEARCH.replace(**changes))

  def test_metrics_of_the_gradient(self):
    result, _ = self.search(
      gradient='implicit', neumann_step=0.01, epochs=2, grace_epochs=1
    )
    self.assertNotIn('neumann_growth', result.metrics[0])
    self.assertGreater(result.metrics[1]['neumann_growth'], 0)
    self.assertAllClose(result.metrics[1]['neumann_step'], 0.01)

  def test_a_diverging_series_stops_the_search(self):
    error, _ = self.search(
      gradient='implicit', neumann_step=1e3, neumann_terms=3
    )
    self.assertIsInstance(error, DivergedError)
    self.assertRegex(str(error), 'neumann_step below .*neumann_step=1000')

  def test_drop_path_and_second_classifier(self):
    config = resolve(
      tiny_runs.SEARCH.replace(
        drop_path=0.3, auxiliary=True, auxiliary_weight=0.5, epochs=3
      )
    )
    parts = build_search(config, self.data)
    self.assertIn(
      '; drop path to 0.3; auxiliary head 0.5\n',
      describe(parts, self.data.info),
    )
    result, _ = self.search(drop_path=0.3, auxiliary=True, auxiliary_weight=0.5)
    with np.load(
      self.directory / 'checkpoints' / 'checkpoint_00002.npz'
    ) as arrays:
      rates = [
        value
        for name, value in arrays.items()
        if value.shape == () and abs(float(value) - 0.2) < 1e-6
      ]
    # 0.3 * 2 / 3 in the last of three epochs.
    self.assertNotEmpty(rates)
    self.assertLen(result.metrics, 3)

  def test_both_losses_have_the_second_classifier(self):
    batch = (np.zeros((4, 8, 8, 1), np.float32), np.array([0, 1, 2, 3]))
    losses = []
    for weight in (0.0, 0.5, 1.0):
      config = resolve(
        tiny_runs.SEARCH.replace(auxiliary=True, auxiliary_weight=weight)
      )
      keras.utils.set_random_seed(0)
      parts = build_search(config, self.data)
      weights, states, alphas = parts.step.read()
      problem = parts.step.problem(states)
      pair = (
        problem.training_loss(weights, alphas, batch),
        problem.validation_loss(weights, alphas, batch),
      )
      self.assertEqual(*map(float, pair))
      losses.append(float(pair[0]))
    self.assertGreater(losses[1], losses[0])
    self.assertAllClose(losses[1] - losses[0], losses[2] - losses[1])


if __name__ == '__main__':
  tf.test.main()
