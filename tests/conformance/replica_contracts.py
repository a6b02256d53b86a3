"""Contracts of a search on several replicas."""

import contextlib

import keras
import numpy as np
import tensorflow as tf
import tiny_runs

from darts_tf.distribution.run_data import distribute
from darts_tf.distribution.strategy import seed_everything
from darts_tf.runs.variables import to_arrays
from darts_tf.search.builder import build_search
from darts_tf.search.resolve import resolve

MIRRORED = {'strategy': 'mirrored', 'virtual_devices': 2}


@contextlib.contextmanager
def eager_float64():
  """Float64, so that rounding is far below what is compared.

  Functions run eagerly: tracing them on two replicas takes ten times as
  long as one step.
  """
  policy = keras.config.dtype_policy()
  keras.config.set_dtype_policy('float64')
  tf.config.run_functions_eagerly(True)
  try:
    yield
  finally:
    tf.config.run_functions_eagerly(False)
    keras.config.set_dtype_policy(policy)


class ReplicaContracts:
  """One step of a search, on one device and on two."""

  def setUp(self):
    super().setUp()
    if len(tf.config.list_logical_devices('CPU')) < 2:
      self.skipTest('needs two logical CPU devices')
    self.data = tiny_runs.data(num_train=40, num_test=16)

  def test_two_replicas_equal_one(self):
    """Gradients, weights and statistics of two replicas are those of one."""
    one, start = self.step()
    two, _ = self.step(**MIRRORED)
    self.assertCountEqual(one, two)
    moved = 0
    for name, value in one.items():
      self.assertAllClose(two[name], value, rtol=1e-9, atol=1e-9, msg=name)
      moved += not np.array_equal(value, start.get(name))
    self.assertGreater(moved, len(one) / 2)

  def step(self, **changes):
    """Takes a step; returns state and metrics after, and state before."""
    config = resolve(
      self.case.config(
        batch_size=4, alpha_scale=0.5, deterministic=False, **changes
      )
    )
    with eager_float64():
      seed_everything(config)
      parts = build_search(config, self.data)
      # The inner step takes the momentum buffers along.
      for i, velocity in enumerate(parts.weight_optimizer.velocities):
        velocity.assign(
          np.random.default_rng(i).normal(size=velocity.shape) * 0.01
        )
      before = state(parts)
      streams = [
        parts.weight_stream,
        parts.architecture_stream or parts.weight_stream,
      ]
      batches = [
        next(iter(distribute(s, parts.strategy, 0, 1))) for s in streams
      ]
      metrics = parts.step.search(*batches)
    self.assertEqual(parts.supernet.compute_dtype, 'float64')
    return {
      **state(parts),
      **{name: float(value) for name, value in metrics.items()},
    }, before


def state(parts):
  """Copies all variables of a search."""
  arrays = {}
  for owner, variables in parts.variables().items():
    arrays |= to_arrays(owner, variables)
  return arrays
