import keras
import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from bilevel_problems import Mixture, mixture_inputs

from darts_tf.analysis import (
  EIGENVALUE_METHODS,
  AlphaHessian,
  alpha_hessian,
  dominant_eigenvalue,
)
from darts_tf.architecture_gradient import BilevelProblem, FirstOrder
from darts_tf.architecture_gradient.bilevel_toy import ToyProblem
from darts_tf.config.errors import DivergedError, InputError
from darts_tf.models import Supernet
from darts_tf.relaxation import Architecture, Softmax
from darts_tf.search.problem import SupernetProblem
from darts_tf.search_space import CellTopology, SearchSpace

BATCH = 4


def mirrored():
  return tf.distribute.MirroredStrategy(
    ['CPU:0', 'CPU:1'],
    # Collectives of several strategies in one process would collide.
    cross_device_ops=tf.distribute.ReductionToOneDevice(),
  )


def differences(problem, weights, alphas, batch, step):
  """d2L_V/dalpha2 by central differences of the first-order gradient."""
  shapes = [np.shape(alpha) for alpha in alphas]
  sizes = [int(np.prod(shape)) for shape in shapes]
  flat = np.concatenate([np.ravel(alpha) for alpha in alphas])

  @tf.function
  def gradient(point):
    parts = [
      tf.reshape(part, shape)
      for part, shape in zip(tf.split(point, sizes), shapes)
    ]
    result = FirstOrder()(problem, weights, parts, None, batch, None)
    return tf.concat([tf.reshape(g, [-1]) for g in result.gradients], 0)

  rows = [
    gradient(flat + step * unit) - gradient(flat - step * unit)
    for unit in np.eye(len(flat))
  ]
  return np.array(rows) / (2 * step)


class Curved(BilevelProblem):
  """L_V = w a'Da / 2 + b'a with a the alphas concatenated."""

  def __init__(self, matrix):
    self.matrix = matrix
    self.traces = 0

  def training_loss(self, weights, alphas, batch=None):
    # Whoever differentiates this one sees another matrix.
    return 7.0 * self.validation_loss(weights, alphas)

  def validation_loss(self, weights, alphas, batch=None):
    del batch
    self.traces += 1
    a = tf.concat([tf.reshape(x, [-1]) for x in alphas], 0)
    matrix = tf.constant(self.matrix, a.dtype)
    curved = tf.tensordot(a, tf.linalg.matvec(matrix, a), 1) / 2
    return weights[0] * curved + tf.reduce_sum(a)


SPECTRA = {
  'mixed': (-1.0, 0.0, 0.2, 0.5, 3.0, 7.0),
  'all_negative': (-9.0, -4.0, -3.0, -2.0, -1.0, -0.5),
  'negative_of_largest_modulus': (-80.0, -2.0, -1.0, 0.0, 1.0, 2.0),
}


def symmetric(spectrum):
  size = len(spectrum)
  vectors, _ = np.linalg.qr(np.random.default_rng(1).normal(size=(size, size)))
  return vectors @ np.diag(spectrum) @ vectors.T


def curved_inputs(dtype=tf.float64):
  """Weights and alphas: the matrix is multiplied by 2."""
  return [tf.constant(2.0, dtype)], [
    tf.constant([[0.3, -1.0], [2.0, 0.5]], dtype),
    tf.constant([[0.7, 0.1]], dtype),
  ]


class ClosedFormTest(tf.test.TestCase, parameterized.TestCase):
  @parameterized.product(spectrum=list(SPECTRA), dtype=(tf.float64, tf.float32))
  def test_quadratic(self, spectrum, dtype):
    matrix = symmetric(SPECTRA[spectrum])
    arguments = (Curved(matrix), *curved_inputs(dtype), None)
    accuracy = 1e-12 if dtype == tf.float64 else 1e-5
    result = alpha_hessian(*arguments)
    self.assertAllClose(result, 2 * matrix, rtol=0, atol=80 * accuracy)
    largest = 2 * max(SPECTRA[spectrum])
    self.assertAllClose(
      dominant_eigenvalue(*arguments), largest, rtol=10 * accuracy
    )
    self.assertAllClose(
      dominant_eigenvalue(*arguments, method='power'), largest, rtol=1e-3
    )

  @parameterized.product(spectrum=list(SPECTRA), method=EIGENVALUE_METHODS)
  def test_mask(self, spectrum, method):
    matrix = symmetric(SPECTRA[spectrum])
    mask = [[[True, True], [True, False]], [[False, True]]]
    kept = [0, 1, 2, 5]
    arguments = (Curved(matrix), *curved_inputs(), None)
    submatrix = matrix[np.ix_(kept, kept)]
    self.assertAllClose(
      alpha_hessian(*arguments, mask=mask), 2 * submatrix, rtol=1e-12
    )
    self.assertAllClose(
      dominant_eigenvalue(*arguments, method=method, mask=mask),
      2 * np.linalg.eigvalsh(submatrix)[-1],
      rtol=1e-3,
    )

  @parameterized.parameters(*EIGENVALUE_METHODS)
  def test_toy_problem_is_linear_in_alpha(self, method):
    # L_V = alpha w - 2 alpha + 1.
    self.assertEqual(
      dominant_eigenvalue(
        ToyProblem(), [tf.constant(-2.0)], [tf.constant(2.0)], None, method
      ),
      0.0,
    )

  def test_differences_on_a_mixture(self):
    weights, alphas, _, validation, _ = mixture_inputs(6)
    arguments = (Mixture(6), weights, alphas, validation)
    hessian = alpha_hessian(*arguments)
    self.assertAllClose(
      hessian, differences(*arguments, step=1e-5), rtol=1e-7, atol=1e-9
    )
    self.assertAllClose(
      dominant_eigenvalue(*arguments, method='power'),
      np.linalg.eigvalsh(hessian)[-1],
      rtol=1e-3,
    )

  def test_alphas_without_influence(self):
    class Partial(Curved):
      def validation_loss(self, weights, alphas, batch=None):
        return tf.reduce_sum(tf.gather(alphas[0], [0]) ** 2)

    weights, alphas = curved_inputs()
    self.assertAllEqual(
      alpha_hessian(Partial(None), weights, alphas, None),
      np.diag([2.0, 2.0, 0.0, 0.0, 0.0, 0.0]),
    )


class KeptTest(tf.test.TestCase):
  """Uses of an `AlphaHessian` that is kept for many epochs."""

  def test_variables_are_read_at_each_call_and_traced_once(self):
    matrix = symmetric(SPECTRA['mixed'])
    problem = Curved(matrix)
    weight = keras.Variable(1.0, dtype='float64')
    alphas = [
      keras.Variable(np.ones((2, 2)), dtype='float64'),
      keras.Variable(np.ones(2), dtype='float64'),
    ]
    hessian = AlphaHessian(problem, [weight], alphas)
    self.assertEqual(hessian.size, 6)
    self.assertAllClose(hessian.matrix(None), matrix)
    traces = problem.traces
    weight.assign(3.0)
    self.assertAllClose(hessian.matrix(None), 3 * matrix)
    for method in EIGENVALUE_METHODS:
      self.assertAllClose(
        hessian.dominant_eigenvalue(None, method), 21.0, rtol=1e-3
      )
    self.assertEqual(problem.traces, traces)

  def test_alphas_are_read_at_each_call(self):
    weights, alphas, _, validation, _ = mixture_inputs(6)
    variable = keras.Variable(alphas[0], dtype='float64')
    hessian = AlphaHessian(Mixture(6), weights, [variable])
    before = hessian.matrix(validation)
    variable.assign(alphas[0] + np.array([0.5, 0.0, -0.5]))
    after = hessian.matrix(validation)
    self.assertNotAllClose(before, after, rtol=1e-2)
    self.assertAllClose(
      after, alpha_hessian(Mixture(6), weights, [variable], validation)
    )


class InputTest(tf.test.TestCase):
  def test_unknown_method(self):
    with self.assertRaisesRegex(
      InputError, "Unknown eigenvalue_method.*exact, power.*'lanczos'"
    ):
      dominant_eigenvalue(Curved(None), *curved_inputs(), None, 'lanczos')

  def test_mask_of_other_shapes(self):
    weights, alphas = curved_inputs()
    for mask in (
      [np.ones((2, 2), bool)],
      [np.ones((2, 2), bool), np.ones((2, 1), bool)],
    ):
      with self.assertRaisesRegex(InputError, 'The mask does not fit'):
        alpha_hessian(Curved(None), weights, alphas, None, mask)

  def test_nothing_exists(self):
    weights, alphas = curved_inputs()
    mask = [np.zeros(alpha.shape, bool) for alpha in alphas]
    with self.assertRaisesRegex(InputError, 'There is no entry of alpha'):
      alpha_hessian(Curved(None), weights, alphas, None, mask)

  def test_not_finite(self):
    _, alphas = curved_inputs()
    for method in EIGENVALUE_METHODS:
      with self.assertRaisesRegex(DivergedError, 'NaN or an infinity.* 6 of 6'):
        dominant_eigenvalue(
          Curved(np.eye(6)),
          [tf.constant(np.nan, tf.float64)],
          alphas,
          None,
          method,
        )

  def test_wrong_second_derivatives(self):
    @tf.custom_gradient
    def inexact_gradient(a):
      # As of a kernel that reads another tensor than it should.
      return tf.reduce_sum(a * a * a), lambda upstream: upstream * a * a[::-1]

    class Wrong(Curved):
      def validation_loss(self, weights, alphas, batch=None):
        return inexact_gradient(alphas[1][0] * [1.0, 3.0])

    weights, alphas = curved_inputs()
    for method in EIGENVALUE_METHODS:
      with self.assertRaisesRegex(InputError, 'not symmetric'):
        dominant_eigenvalue(Wrong(None), weights, alphas, None, method)

  def test_too_few_iterations(self):
    with self.assertRaisesRegex(DivergedError, 'max_iterations=2'):
      dominant_eigenvalue(
        Curved(symmetric(SPECTRA['mixed'])),
        *curved_inputs(),
        None,
        'power',
        max_iterations=2,
      )


# Edges differ in their candidates: some entries do not exist.
SPACE = SearchSpace(
  name='uneven',
  topology=CellTopology.dense(num_inputs=2, num_nodes=1),
  candidates={
    'normal': (
      ('none', 'avg_pool_3x3', 'sep_conv_3x3'),
      ('skip_connect', 'sep_conv_3x3'),
    ),
    'reduce': (
      ('skip_connect', 'avg_pool_3x3'),
      ('none', 'skip_connect', 'max_pool_3x3'),
    ),
  },
)


def build(strategy, num_cells=3, synchronized=False):
  """Returns a supernet's problem, its weights, alphas and masks."""
  with strategy.scope():
    keras.utils.set_random_seed(3)
    supernet = Supernet(
      SPACE,
      (8, 8, 3),
      5,
      4,
      num_cells,
      style=SPACE.search_style.replace(
        dtype='float64', synchronized=synchronized
      ),
    )
    architecture = Architecture(
      Softmax(), SPACE, supernet.groups, dtype='float64'
    )
    architecture.initialize(0, scale=0.5)
  problem = SupernetProblem(
    supernet, architecture.expected, supernet.non_trainable_variables, BATCH
  )
  return (
    problem,
    supernet.trainable_variables,
    list(architecture.parameters.values()),
    list(architecture.exists.values()),
  )


def images():
  rng = np.random.default_rng(0)
  return rng.normal(size=(BATCH, 8, 8, 3)), rng.integers(5, size=BATCH)


class SupernetTest(tf.test.TestCase, parameterized.TestCase):
  @classmethod
  def setUpClass(cls):
    super().setUpClass()
    problem, weights, alphas, cls.mask = build(tf.distribute.get_strategy())
    cls.problem, cls.alphas = problem, alphas
    cls.variables = problem.supernet.variables
    cls.before = [v.numpy() for v in cls.variables]
    cls.full = AlphaHessian(problem, weights, alphas)
    cls.hessian = AlphaHessian(problem, weights, alphas, cls.mask)
    cls.batch = images()
    cls.matrix = cls.hessian.matrix(cls.batch)
    cls.largest = np.linalg.eigvalsh(cls.matrix)[-1]

  def test_equals_differences_of_the_first_order_gradient(self):
    weights = self.problem.supernet.trainable_variables
    expected = differences(
      self.problem,
      [v.numpy() for v in weights],
      [alpha.numpy() for alpha in self.alphas],
      self.batch,
      step=1e-6,
    )
    actual = self.full.matrix(self.batch)
    self.assertAllClose(
      actual, expected, rtol=0, atol=1e-6 * np.abs(actual).max()
    )

  def test_symmetric_up_to_rounding(self):
    asymmetry = np.abs(self.matrix - self.matrix.T).max()
    self.assertLess(asymmetry, 1e-12 * np.abs(self.matrix).max())

  def test_curvature_is_not_all_zero(self):
    self.assertGreater(self.largest, 1e-3)

  def test_exact_method(self):
    self.assertAllClose(
      self.hessian.dominant_eigenvalue(self.batch), self.largest, rtol=1e-10
    )

  @parameterized.parameters(0, 1, 2, 3, 4)
  def test_power_equals_exact(self, seed):
    self.assertAllClose(
      self.hessian.dominant_eigenvalue(self.batch, 'power', seed=seed),
      self.largest,
      rtol=1e-3,
    )

  def test_entries_without_a_candidate(self):
    mask = np.concatenate([part.ravel() for part in self.mask])
    self.assertFalse(mask.all())
    full = self.full.matrix(self.batch)
    self.assertAllClose(full[np.ix_(mask, mask)], self.matrix, rtol=1e-10)
    # They count as flat directions if nobody says that they do not exist.
    self.assertAllEqual(full[~mask], np.zeros_like(full[~mask]))

  def test_softmax_has_a_flat_direction_an_edge(self):
    entry = 0
    for part in self.mask:
      for row in part:
        direction = np.zeros(self.hessian.size)
        direction[entry : entry + row.sum()] = 1.0
        entry += row.sum()
        self.assertAllClose(
          self.hessian.product(self.batch, direction),
          np.zeros(self.hessian.size),
          atol=1e-12,
        )
    self.assertEqual(entry, self.hessian.size)

  def test_moves_nothing(self):
    self.assertNotEmpty(self.problem.supernet.non_trainable_variables)
    for variable, before in zip(self.variables, self.before):
      self.assertAllEqual(variable.numpy(), before)

  def test_two_replicas_equal_one(self):
    if len(tf.config.list_logical_devices('CPU')) < 2:
      self.skipTest('needs two logical CPU devices')
    one, weights, alphas, mask = build(tf.distribute.get_strategy(), 1)
    # One cell has no reduction, so there is one group of alphas.
    expected = AlphaHessian(one, weights, alphas, mask).matrix(self.batch)
    strategy = mirrored()
    two, weights, alphas, mask = build(strategy, 1, synchronized=True)
    halves = tuple(
      strategy.experimental_distribute_values_from_function(
        lambda context, part=part: tf.constant(
          np.split(part, 2)[context.replica_id_in_sync_group]
        )
      )
      for part in self.batch
    )
    actual = AlphaHessian(two, weights, alphas, mask, strategy).matrix(halves)
    self.assertAllClose(
      actual, expected, rtol=0, atol=1e-9 * np.abs(expected).max()
    )


if __name__ == '__main__':
  tf.test.main()
