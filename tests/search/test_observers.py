import json

import numpy as np
import tensorflow as tf
import tiny_runs

from darts_tf.config.errors import InputError
from darts_tf.search import run_search
from darts_tf.search.builder import build_search
from darts_tf.search.observers import Eigenvalue, make_observers
from darts_tf.search.resolve import resolve
from darts_tf.tabular.nas_bench_201 import ALL_SKIP

HEAD = 'architecture,cifar10_test,cifar100_test,imagenet16_120_test\n'

NAS_BENCH_201 = tiny_runs.SEARCH.replace(
  search_space='nas_bench_201', channels=2, cells=1, epochs=1, steps_per_epoch=1
)


def hessian_by_jacobian(parts, images, labels):
  """The Hessian of the validation loss by alpha, a row at a time."""
  weights, states, _ = parts.step.read()
  problem = parts.step.problem(states)
  alpha = parts.architecture.tensors()[0]
  with tf.GradientTape(persistent=True) as outer:
    outer.watch(alpha)
    with tf.GradientTape() as inner:
      inner.watch(alpha)
      loss = problem.validation_loss(weights, [alpha], (images, labels))
    gradient = inner.gradient(loss, alpha)
  jacobian = outer.jacobian(gradient, alpha, experimental_use_pfor=False)
  size = alpha.shape.num_elements()
  return tf.reshape(jacobian, [size, size]).numpy()


class ObserversTest(tiny_runs.RunTest):
  def search(self, config):
    return tiny_runs.printed(
      run_search, config, self.directory / 'run', self.data
    )

  def test_nothing_is_measured_unasked(self):
    parts = build_search(resolve(tiny_runs.SEARCH), self.data)
    self.assertEqual(make_observers(parts), [])

  def test_eigenvalue(self):
    config = resolve(tiny_runs.SEARCH.replace(eigenvalue_every=2))
    parts = build_search(config, self.data)
    observe = Eigenvalue(parts)
    self.assertEqual(observe(0), {})
    exact = observe(1)['eigenvalue']
    images, labels, _ = next(iter(parts.evaluation))
    expected = np.linalg.eigvalsh(hessian_by_jacobian(parts, images, labels))[
      -1
    ]
    self.assertAllClose(exact, expected, rtol=1e-3)
    parts.config = config.replace(eigenvalue_method='power')
    power = Eigenvalue(parts)(1)['eigenvalue']
    self.assertAllClose(power, exact, rtol=1e-3)

  def test_eigenvalue_of_a_run(self):
    result, out = self.search(
      tiny_runs.SEARCH.replace(eigenvalue_every=2, epochs=2)
    )
    self.assertNotIn('eigenvalue', result.metrics[0])
    value = result.metrics[1]['eigenvalue']
    self.assertIn(f'eigenvalue {value:.4f}', out)

  def table(self, rows):
    path = self.directory / 'table.csv'
    path.write_text(
      HEAD + ''.join(f'{name},{accuracy},20,30\n' for name, accuracy in rows)
    )
    return str(path)

  def test_published_accuracy(self):
    result, _ = self.search(NAS_BENCH_201)
    found = result.genotype.to_nas_bench_201_string()
    other = (
      ALL_SKIP
      if found != ALL_SKIP
      else ALL_SKIP.replace('skip_connect~0|+', 'none~0|+', 1)
    )
    table = self.table([(other, 95), (found, 90.5)])
    # The same run, with the table: only the report of epochs changes.
    again, out = tiny_runs.printed(
      run_search,
      NAS_BENCH_201.replace(benchmark_table=table),
      self.directory / 'second',
      self.data,
    )
    self.assertEqual(again.genotype, result.genotype)
    self.assertEqual(again.metrics[0]['published_accuracy'], 90.5)
    self.assertEqual(again.metrics[0]['published_rank'], 2)
    self.assertIn('published 90.50 %, rank 2', out)
    lines = (self.directory / 'second' / 'metrics.jsonl').read_text()
    self.assertEqual(json.loads(lines)['published_rank'], 2)
    # A part of the space: no value where there is none.
    [observe] = make_observers(self.parts(table=self.table([(other, 95)])))
    self.assertEqual(observe(0), {})

  def parts(self, table):
    config = resolve(NAS_BENCH_201.replace(benchmark_table=table))
    parts = build_search(config, self.data)
    # An architecture that the table lacks: 3x3 convolutions everywhere.
    alpha = np.zeros((6, 5))
    alpha[:, 3] = 5
    parts.architecture.parameters['normal/alpha'].assign(alpha)
    return parts

  def test_other_spaces_have_no_table(self):
    config = resolve(tiny_runs.SEARCH.replace(benchmark_table='table.csv'))
    parts = build_search(config, self.data)
    with self.assertRaisesRegex(
      InputError, "search_space=nas_bench_201.*benchmark_table='table.csv'"
    ):
      make_observers(parts)

  def test_missing_table(self):
    error, _ = self.search(
      NAS_BENCH_201.replace(benchmark_table='/missing.csv')
    )
    self.assertIsInstance(error, InputError)
    self.assertIn('/missing.csv', str(error))


if __name__ == '__main__':
  tf.test.main()
