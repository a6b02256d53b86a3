"""Runs so small that compiling them is most of the work."""

import contextlib
import functools
import gc
import io
import json
import pathlib
import tempfile
from unittest import mock

import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from tensorflow.python.framework import config as framework_config

from darts_tf.data.digits import load_digits
from darts_tf.data.image_data import make_image_data
from darts_tf.genotype import CellGenotype, Edge, Genotype
from darts_tf.search import SearchConfig
from darts_tf.search_space import (
  CellTopology,
  GrowingSpace,
  Growth,
  MacroLayout,
  OperationStyle,
  SearchSpace,
  register_search_space,
  same_candidates,
)
from darts_tf.training import TrainConfig

_TOPOLOGY = CellTopology.dense(num_inputs=1, num_nodes=2, output=(2,))

SPACE = register_search_space(
  SearchSpace(
    name='tiny',
    topology=_TOPOLOGY,
    candidates=same_candidates(
      ('none', 'skip_connect', 'nor_conv_1x1'), _TOPOLOGY, ('normal',)
    ),
    macro=MacroLayout(
      stem='conv_1x',
      preprocess='identity',
      head='norm_linear',
      reductions_between_cells=True,
    ),
    discretization='argmax',
    inputs_per_node=None,
    search_style=OperationStyle(),
    network_style=OperationStyle(affine=True),
    default_cells=1,
    default_channels=4,
  )
)

GROWING_NAMES = ('skip_connect', 'max_pool_3x3', 'conv_k3_d1')

register_search_space(
  GrowingSpace(
    name='tiny_growing',
    topology=_TOPOLOGY,
    candidates=same_candidates(GROWING_NAMES, _TOPOLOGY, ('normal',)),
    macro=SPACE.macro,
    inputs_per_node=None,
    default_cells=2,
    default_channels=4,
    growth=Growth((1, 5), (1, 2), None, None),
  )
)

GENOTYPE = Genotype(
  'tiny',
  {
    'normal': CellGenotype(
      (
        Edge('nor_conv_1x1', 0, 1),
        Edge('skip_connect', 0, 2),
        Edge('nor_conv_1x1', 1, 2),
      ),
      (2,),
    )
  },
)

OTHER_GENOTYPE = Genotype(
  'tiny',
  {
    'normal': CellGenotype(
      (
        Edge('skip_connect', 0, 1),
        Edge('skip_connect', 0, 2),
        Edge('skip_connect', 1, 2),
      ),
      (2,),
    )
  },
)

SEARCH = SearchConfig(
  search_space='tiny',
  epochs=3,
  steps_per_epoch=3,
  batch_size=16,
  alpha_learning_rate=0.1,
  gradient='first_order',
)

PRUNE_REPLACE = SEARCH.replace(
  search_space='tiny_growing',
  method='prune_replace',
  epochs=None,
  gradient=None,
  cycle_epochs='2,2,1',
  cycle_grace_epochs='1,0,0',
  cycle_morphisms='2,0,0',
  cycle_candidates='4,2,1',
)

TRAIN = TrainConfig(
  channels=4,
  cells=1,
  epochs=3,
  steps_per_epoch=3,
  batch_size=16,
  validation_portion=0.3,
)


def failing(owner, name, error, call):
  """Makes a method raise when it is called for the n-th time."""
  real, calls = getattr(owner, name), []

  @functools.wraps(real)
  def method(*args, **kwargs):
    calls.append(1)
    if len(calls) == call:
      raise error
    return real(*args, **kwargs)

  return mock.patch.object(owner, name, method)


def data(num_train=100, num_test=40):
  """The first of the digits."""
  digits = load_digits()
  return make_image_data(
    'digits',
    digits.x_train[:num_train],
    digits.y_train[:num_train],
    digits.x_test[:num_test],
    digits.y_test[:num_test],
    digits.info.class_names,
  )


def temporary_directory(test) -> pathlib.Path:
  """A directory that goes when the test ends."""
  temporary = tempfile.TemporaryDirectory()
  test.addCleanup(temporary.cleanup)
  return pathlib.Path(temporary.name)


@contextlib.contextmanager
def quick_graphs():
  """Leaves graphs as they are: to rewrite them takes longer than to run.

  Afterwards kernels may be random again, whatever a run has asked for.
  """
  before = tf.config.optimizer.get_experimental_options().get(
    'disable_meta_optimizer', False
  )
  tf.config.optimizer.set_experimental_options({'disable_meta_optimizer': True})
  try:
    yield
  finally:
    tf.config.optimizer.set_experimental_options(
      {'disable_meta_optimizer': before}
    )
    framework_config.disable_op_determinism()


class RunTest(tf.test.TestCase, parameterized.TestCase):
  """Tests of runs: a directory of their own, the first of the digits."""

  def setUp(self):
    super().setUp()
    self.enter_context(quick_graphs())
    self.directory = temporary_directory(self)
    self.data = data()


def prepare_class(cls, **sizes) -> contextlib.ExitStack:
  """Gives a test class a directory and digits until its tests are done.

  Args:
    cls: the class, in its `setUpClass`.
    **sizes: arguments of `data`.

  Returns:
    A stack that is closed then.
  """
  stack = contextlib.ExitStack()
  # Graphs of many cases would not fit into memory.
  cls.addClassCleanup(gc.collect)
  cls.addClassCleanup(stack.close)
  stack.enter_context(quick_graphs())
  cls.directory = pathlib.Path(
    stack.enter_context(tempfile.TemporaryDirectory())
  )
  cls.data = data(**sizes)
  return stack


def printed(function, *args, **kwargs):
  """Returns (result or exception, standard output)."""
  out = io.StringIO()
  with contextlib.redirect_stdout(out):
    try:
      result = function(*args, **kwargs)
    except (Exception, KeyboardInterrupt) as error:
      result = error
  return result, out.getvalue()


def timeless(path) -> list[dict]:
  """The lines of metrics.jsonl without what a clock says."""
  lines = [json.loads(line) for line in path.read_text().splitlines()]
  for line in lines:
    del line['seconds']
  return lines


def assert_same_search(test, directory, expected):
  """Checks that two searches left the same files."""
  for name in (
    'config.json',
    'genotype.json',
    'alphas.npz',
    'alphas_history.npz',
  ):
    test.assertEqual(
      (directory / name).read_bytes(), (expected / name).read_bytes(), name
    )
  test.assertEqual(
    timeless(directory / 'metrics.jsonl'), timeless(expected / 'metrics.jsonl')
  )


def assert_same_arrays(test, first, second):
  """Checks that two mappings hold the same bits."""
  test.assertCountEqual(first, second)
  for name in first:
    np.testing.assert_array_equal(first[name], second[name], name)


def failing_epoch(number):
  """Interrupts a search in an epoch, counted from 1 and from the start."""
  from darts_tf.search.epoch import EpochRunner

  return failing(EpochRunner, '__call__', KeyboardInterrupt(), number)
