"""Precisions that a device lacks, and options that exclude each other."""

import types
from unittest import mock

import tensorflow as tf
from absl.testing import parameterized

from darts_tf.config.errors import InputError
from darts_tf.distribution.strategy import check_devices
from darts_tf.graph.precision import check_precision, scale_gradient
from darts_tf.search import SearchConfig
from darts_tf.search.resolve import resolve


def gpu(capability):
  """A machine with one GPU."""
  stack = mock.patch.multiple(
    tf.config,
    list_physical_devices=lambda kind=None: [
      types.SimpleNamespace(name='gpu:0')
    ],
  )
  details = mock.patch.object(
    tf.config.experimental,
    'get_device_details',
    return_value={'device_name': 'Some GPU', 'compute_capability': capability},
  )
  return stack, details


class PrecisionTest(tf.test.TestCase, parameterized.TestCase):
  @parameterized.parameters(
    ('mixed_bfloat16', (7, 5), '8.0'), ('mixed_float16', (5, 2), '5.3')
  )
  def test_a_gpu_that_lacks_it(self, precision, capability, least):
    stack, details = gpu(capability)
    with (
      stack,
      details,
      self.assertRaisesRegex(
        InputError,
        f'Some GPU does not compute in .* capability {least} .*'
        f'Received: precision=.{precision}.',
      ),
    ):
      check_precision(precision)

  @parameterized.parameters(
    ('mixed_bfloat16', (8, 0)),
    ('mixed_float16', (7, 0)),
    ('float32', (1, 0)),
    (None, (1, 0)),
  )
  def test_a_gpu_that_has_it(self, precision, capability):
    stack, details = gpu(capability)
    with stack, details:
      check_precision(precision)

  @parameterized.parameters(
    ({'xla': True}, 'expected --nodeterministic. Received: xla=True'),
    (
      {'xla': True, 'deterministic': False, 'strategy': 'mirrored'},
      'several CPU devices; .* Received: xla=True, strategy=.mirrored.',
    ),
    (
      {'remat': True, 'gradient': 'amended_exact'},
      'which the gradient .amended_exact. needs; expected --noremat',
    ),
    ({'remat': True, 'gradient': 'implicit'}, 'Received: remat=True'),
    (
      {'remat': True, 'eigenvalue_every': 1},
      'which the largest eigenvalue needs',
    ),
  )
  def test_options_that_exclude_each_other(self, options, message):
    with self.assertRaisesRegex(InputError, message):
      resolve(SearchConfig(**options))

  def test_options_that_do_not(self):
    check_devices(SearchConfig(xla=True, deterministic=False))
    resolve(SearchConfig(remat=True, gradient='second_order'))

  def test_gradients_are_larger_in_between(self):
    x = tf.constant([2.0, -3.0])
    with tf.GradientTape() as tape:
      tape.watch(x)
      inside = scale_gradient(x, 1 / 8)
      y = scale_gradient(tf.reduce_sum(inside**3), 8.0)
    outside, within = tape.gradient(y, [x, inside])
    self.assertAllClose(y, tf.reduce_sum(x**3))
    self.assertAllClose(outside, 3 * x**2)
    self.assertAllClose(within, 8 * 3 * x**2)


if __name__ == '__main__':
  tf.test.main()
