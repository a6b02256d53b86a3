"""Supernet and architecture gradients equal the original implementation."""

import pathlib

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from darts_tf.architecture_gradient import InnerStep, architecture_gradients
from darts_tf.interop import load_pytorch_weights
from darts_tf.models import Supernet
from darts_tf.relaxation import Architecture, Softmax
from darts_tf.search.problem import SupernetProblem
from darts_tf.search_space import search_spaces

REFERENCE = (
  pathlib.Path(__file__).parents[1] / 'data' / 'reference' / 'search_parity.npz'
)


def relative_error(actual, expected):
  actual, expected = np.asarray(actual), np.asarray(expected)
  assert actual.shape == expected.shape
  return np.abs(actual - expected).max() / np.abs(expected).max()


class SearchParityTest(tf.test.TestCase, parameterized.TestCase):
  @classmethod
  def setUpClass(cls):
    super().setUpClass()
    with np.load(REFERENCE) as arrays:
      cls.z = z = dict(arrays)
    space = search_spaces['darts']
    supernet = Supernet(
      space,
      (16, 16, 3),
      10,
      int(z['C']),
      int(z['layers']),
      style=space.search_style.replace(dtype='float64'),
    )
    load_pytorch_weights(
      supernet,
      {k.removeprefix('w/'): v for k, v in z.items() if k.startswith('w/')},
    )
    architecture = Architecture(
      Softmax(), space, supernet.groups, dtype='float64'
    )
    cls.weights = [
      tf.convert_to_tensor(v) for v in supernet.trainable_variables
    ]
    cls.alphas = [tf.constant(z[f'alpha_{group}']) for group in supernet.groups]
    cls.groups = list(supernet.groups)
    cls.problem = SupernetProblem(
      supernet,
      architecture.expected,
      [tf.convert_to_tensor(v) for v in supernet.non_trainable_variables],
      global_batch_size=len(z['y_train']),
    )
    cls.training = (z['x_train'], z['y_train'])
    cls.validation = (z['x_val'], z['y_val'])

  def test_logits_and_losses(self):
    forward = self.problem.forward(
      self.weights, self.problem.mixing(self.alphas), self.training
    )
    self.assertLess(
      relative_error(forward.logits, self.z['train_logits']), 1e-6
    )
    self.assertLess(relative_error(forward.loss, self.z['train_loss']), 1e-6)
    loss = self.problem.validation_loss(
      self.weights, self.alphas, self.validation
    )
    self.assertLess(relative_error(loss, self.z['val_loss']), 1e-6)

  @parameterized.parameters(
    ('first_order', 'grad_alpha_first', 'val_loss', 1e-6),
    (
      'second_order_exact',
      'grad_alpha_second_exact',
      'unrolled_val_loss',
      1e-6,
    ),
    ('second_order', 'grad_alpha_second_fd', 'unrolled_val_loss', 1e-4),
    ('amended_exact', 'grad_alpha_amended', 'val_loss', 1e-6),
    ('amended', 'grad_alpha_amended_fd', 'val_loss', 1e-4),
  )
  def test_architecture_gradients(self, name, key, loss, tolerance):
    # The reference's inner step has no momentum.
    inner = InnerStep(float(self.z['xi']), 0.0, float(self.z['weight_decay']))
    options = {}
    if name.startswith('amended'):
      options['eta'] = float(self.z['eta'])
    if name == 'amended':
      options['difference_radius'] = 0.01  # as published
    estimator = architecture_gradients.configured(name, options)
    result = estimator(
      self.problem,
      self.weights,
      self.alphas,
      self.training,
      self.validation,
      inner,
    )
    for group, gradient in zip(self.groups, result.gradients):
      self.assertLess(
        relative_error(gradient, self.z[f'{key}/{group}']), tolerance
      )
    self.assertLess(relative_error(result.validation_loss, self.z[loss]), 1e-6)

  def test_gradients_differ_from_each_other(self):
    # Else the tests above could not tell the estimators apart.
    first, exact, difference = (
      self.z[f'grad_alpha_{name}/normal']
      for name in ('first', 'second_exact', 'second_fd')
    )
    for a, b in ((first, exact), (exact, difference), (first, difference)):
      self.assertGreater(relative_error(a, b), 1e-3)


if __name__ == '__main__':
  tf.test.main()
