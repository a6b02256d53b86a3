"""Contracts of a search: a space with a gradient."""

import dataclasses
import functools
import json
import shutil
from unittest import mock

import numpy as np
import tensorflow as tf
import tiny_runs

from darts_tf.distribution.run_data import distribute
from darts_tf.genotype import Genotype
from darts_tf.models import Network
from darts_tf.runs.variables import assign_arrays, to_arrays
from darts_tf.search import loop, run_search
from darts_tf.search.record import SearchRecord
from darts_tf.search_space import search_spaces


def numbers(value):
  """Yields the numbers in nested mappings."""
  if isinstance(value, dict):
    for inner in value.values():
      yield from numbers(inner)
  elif isinstance(value, int | float):
    yield value


class SearchContracts:
  """One search of two epochs, on which most contracts are looked up."""

  @classmethod
  def setUpClass(cls):
    super().setUpClass()
    stack = tiny_runs.prepare_class(cls, num_train=40, num_test=16)
    cls.parts, cls.result = cls.search()
    stack.callback(lambda: [delattr(cls, n) for n in ('parts', 'result')])

  @classmethod
  def search(cls):
    """Returns parts and result; copies the files of the first epoch."""
    build, add, kept = loop.build_search, SearchRecord.add, []

    def keep(*args):
      kept.append(build(*args))
      return kept[-1]

    def add_and_copy(record, *args):
      add(record, *args)
      if len(record.metrics) == 1:
        shutil.copytree(cls.directory / 'whole', cls.directory / 'cut')

    with (
      mock.patch.object(loop, 'build_search', keep),
      mock.patch.object(SearchRecord, 'add', add_and_copy),
    ):
      result = run_search(
        cls.case.config(), cls.directory / 'whole', cls.data, verbose=False
      )
    return kept[0], result

  def test_builds(self):
    """A supernet of a few cells is built and runs for two epochs."""
    space = search_spaces[self.case.space]
    self.assertIs(self.parts.space, space)
    self.assertEqual(self.parts.estimator.name, self.case.gradient)
    self.assertEqual(
      set(self.parts.supernet.groups.values()), set(space.candidates)
    )
    self.assertLen(self.result.metrics, 2)

  def test_alphas_move_and_stay_finite(self):
    """On each edge with a choice alphas move; all metrics are finite."""
    space = self.result.space
    with np.load(self.result.workdir.alphas_path) as arrays:
      alphas = dict(arrays)
    self.assertCountEqual(alphas, self.parts.architecture.parameters)
    for group, kind in self.parts.supernet.groups.items():
      self.assertTrue(np.isfinite(alphas[f'{group}/alpha']).all(), group)
      self.assertTrue(np.isfinite(self.result.history[group]).all(), group)
      choice = [len(names) > 1 for names in space.candidates[kind]]
      # Two steps in opposite directions may end where they began. SGD moves
      # alphas by as little as their gradients; rounding stays below 1e-7.
      moved = np.ptp(self.result.history[group], axis=0).max(-1) > 1e-6
      if self.parts.composition.relaxation.selects:
        # Where none was drawn there is no gradient.
        self.assertTrue(moved.any())
        self.assertFalse((moved & ~np.array(choice)).any())
      else:
        self.assertAllEqual(moved, choice)
    for metrics in self.result.metrics:
      for number in numbers(metrics):
        self.assertTrue(np.isfinite(number), metrics)
      self.assertIn('train_loss', metrics)
      self.assertIn('validation_loss', metrics)

  def test_genotype(self):
    """The genotype is valid for the space and the same as JSON."""
    genotype = self.result.genotype
    search_spaces[self.case.space].check(genotype)
    self.assertCountEqual(genotype.cells, self.parts.supernet.groups)
    self.assertEqual(Genotype.from_json(genotype.to_json()), genotype)
    self.assertEqual(Genotype.load(self.result.workdir.genotype_path), genotype)
    self.assertEqual(
      self.result.metrics[-1]['genotype'], json.loads(genotype.to_json())
    )

  def test_genotype_builds(self):
    """Its network is built and classifies."""
    network = Network(
      self.result.genotype,
      self.data.info.image_shape,
      10,
      self.parts.config.channels,
      self.parts.config.cells,
    )
    images = self.data.x_test[:2].astype('float32')
    logits = network(images, training=True)
    self.assertEqual(logits.shape, (2, 10))
    self.assertTrue(np.isfinite(logits).all())

  def test_stop_and_resume(self):
    """Stopped after an epoch and resumed is the same as uninterrupted."""
    cut = self.directory / 'cut'
    self.assertLen(tiny_runs.timeless(cut / 'metrics.jsonl'), 1)
    with mock.patch.object(
      loop,
      'build_search',
      functools.partial(self.build_again, loop.build_search),
    ):
      result, out = tiny_runs.printed(
        run_search, self.case.config(), cut, self.data
      )
    self.assertNotIsInstance(result, BaseException, result)
    self.assertIn('Continuing after epoch 1 of 2.', out)
    tiny_runs.assert_same_search(self, cut, self.directory / 'whole')
    tiny_runs.assert_same_arrays(self, result.history, self.result.history)
    self.assertEqual(result.genotype, self.result.genotype)

  def build_again(self, build, *args):
    """Returns new parts, or their first state around the compiled step."""
    parts = build(*args)
    if self.case.compiles_again:
      return parts
    used = self.parts.variables()
    for owner, variables in parts.variables().items():
      assign_arrays(owner, used[owner], to_arrays(owner, variables))
    return dataclasses.replace(
      parts,
      **{
        name: getattr(self.parts, name)
        for name in (
          'supernet',
          'architecture',
          'weight_optimizer',
          'alpha_optimizer',
          'step',
        )
      },
    )

  def test_eager_equals_graph(self):
    """The compiled step has the gradients that it has run eagerly."""
    before = self.state()
    self.addCleanup(self.restore, before)
    pair = self.batches()
    results = []
    for eagerly in (False, True):
      self.restore(before)
      tf.config.run_functions_eagerly(eagerly)
      self.addCleanup(tf.config.run_functions_eagerly, False)
      metrics = self.parts.step.search(*pair)
      state = self.state()
      results.append(({k: float(v) for k, v in metrics.items()}, state))
    (metrics, state), (eager_metrics, eager_state) = results
    self.assertAllClose(metrics, eager_metrics, rtol=1e-4, atol=1e-4)
    moved = 0
    for name, value in state.items():
      # The moments of the optimizers, which are gradients, among them.
      scale = max(1.0, np.abs(before[name]).max(initial=0.0))
      self.assertAllClose(
        value, eager_state[name], rtol=1e-4, atol=1e-4 * scale, msg=name
      )
      moved += not np.array_equal(value, before[name])
    self.assertGreater(moved, len(self.parts.architecture.parameters))

  def batches(self):
    """A training and an architecture batch, those of the first step."""
    streams = [
      self.parts.weight_stream,
      self.parts.architecture_stream or self.parts.weight_stream,
    ]
    return [
      next(iter(distribute(s, self.parts.strategy, 0, 1))) for s in streams
    ]

  def state(self):
    """Copies all variables of the search."""
    arrays = {}
    for owner, variables in self.parts.variables().items():
      arrays |= to_arrays(owner, variables)
    return arrays

  def restore(self, arrays):
    """Assigns what `state` returned."""
    for owner, variables in self.parts.variables().items():
      assign_arrays(owner, variables, arrays)
