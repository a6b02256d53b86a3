"""The error that each situation raises."""

import errno
import os
import pathlib
import socket
import tempfile
from unittest import mock

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from darts_tf.analysis.eigenvalue import largest_eigenvalue
from darts_tf.analysis.graph_memory import GraphMemory
from darts_tf.analysis.memory_check import judge
from darts_tf.architecture_gradient import Implicit
from darts_tf.architecture_gradient.bilevel_toy import solve
from darts_tf.config import errors
from darts_tf.data import memory
from darts_tf.distribution.cluster import Cluster
from darts_tf.distribution.rendezvous import meet
from darts_tf.export.record import read_exports
from darts_tf.genotype import Genotype, load_genotype
from darts_tf.runs.atomic import atomic_write_bytes
from darts_tf.runs.checkpoint import CheckpointStore
from darts_tf.runs.variables import check_finite
from darts_tf.runs.workdir import WorkDir
from darts_tf.search_space.space import search_spaces
from darts_tf.study.child import run_child
from darts_tf.training import load_trained
from darts_tf.tuner.chief import check_chief
from darts_tf.tuner.finding import Finding


def _pinned(path: pathlib.Path) -> WorkDir:
  directory = WorkDir(path)
  directory.pin({'seed': 0})
  return directory


def _disk(path: pathlib.Path, code: int) -> None:
  with mock.patch.object(os, 'fsync', side_effect=OSError(code, 'No.')):
    atomic_write_bytes(path / 'file', b'')


def _in_use(path: pathlib.Path) -> None:
  with WorkDir(path).exclusive(), WorkDir(path).exclusive():
    pass


def _damaged_checkpoints(path: pathlib.Path) -> None:
  store = CheckpointStore(path)
  store.save(0, {'x': np.zeros(1)})
  (path / 'checkpoint_00000.npz').write_bytes(b'no')
  store.latest()


def _damaged(path: pathlib.Path, name: str, read) -> None:
  directory = _pinned(path)
  (path / name).write_text('{')
  read(directory)


def _unfinished_search(path: pathlib.Path) -> None:
  WorkDir(path).pin({'epochs': 3})
  Finding.load(path)


def _too_few_images(unused_path: pathlib.Path) -> None:
  with mock.patch.object(memory, 'available_bytes', lambda: 1000):
    memory.check_memory('digits', 10, (32, 32, 3))


def _silent_worker(unused_path: pathlib.Path) -> None:
  with socket.create_server(('127.0.0.1', 0)) as server:
    free = server.getsockname()[1]
  with socket.create_server(('127.0.0.1', 0)) as server:
    own = server.getsockname()[1]
  meet(Cluster((f'127.0.0.1:{own}', f'127.0.0.1:{free}'), 0), {}, 0.0)


def _silent_chief(unused_path: pathlib.Path) -> None:
  with socket.create_server(('127.0.0.1', 0)) as server:
    port = str(server.getsockname()[1])
  with mock.patch.dict(
    os.environ,
    {'KERASTUNER_ORACLE_IP': '127.0.0.1', 'KERASTUNER_ORACLE_PORT': port},
  ):
    check_chief(0.0)


def _lost_child(path: pathlib.Path) -> None:
  run_child('darts_tf.no_such_module', [], path / 'log.txt', print)


# What was done, and the class of what it raises.
SITUATIONS = {
  errors.InputError: {
    'unknown_name': lambda path: search_spaces['dartz'],
    'missing_file': lambda path: Genotype.load(path / 'genotype.json'),
    'unknown_genotype': lambda path: load_genotype('DARTS_V9'),
    'workdir_without_a_name': lambda path: WorkDir(''),
    'place_that_cannot_be_written': lambda path: _disk(path, errno.EACCES),
    'option_out_of_range': lambda path: largest_eigenvalue(
      lambda x: x, 3, tolerance=0.0
    ),
    'no_symmetric_matrix': lambda path: largest_eigenvalue(
      lambda x: np.array([[1.0, 1.0], [-1.0, 1.0]]) @ x, 2
    ),
  },
  errors.DivergedError: {
    'weights': lambda path: check_finite({'w': np.array([np.nan])}, 'x=1'),
    'descent': lambda path: solve(0.5, learning_rate=5.0),
    'series': lambda path: Implicit(3, 0.1).check(
      {'neumann_step': 0.1, 'neumann_curvature': 30.0, 'neumann_growth': 2.0}
    ),
    'eigenvalue': lambda path: largest_eigenvalue(
      lambda x: np.arange(9.0) * x, 9, 1e-9, max_iterations=2
    ),
  },
  errors.ResourceError: {
    'full_disk': lambda path: _disk(path, errno.ENOSPC),
    'used_up_quota': lambda path: _disk(path, errno.EDQUOT),
    'worker_that_does_not_come': _silent_worker,
    'chief_that_does_not_answer': _silent_chief,
    'process_that_is_lost': _lost_child,
  },
  errors.OutOfMemoryError: {
    'images': _too_few_images,
    'step': lambda path: judge(GraphMemory(2**30, 2**30), 10.0, 4),
  },
  errors.RunStateError: {
    'no_run': lambda path: WorkDir(path).require_run(),
    'another_run': lambda path: _pinned(path).pin({'seed': 1}),
    'in_use': _in_use,
    'damaged_configuration': lambda path: _damaged(
      path, 'config.json', WorkDir.read_config
    ),
    'damaged_metrics': lambda path: _damaged(
      path, 'metrics.jsonl', WorkDir.read_metrics
    ),
    'damaged_record_of_exports': lambda path: _damaged(
      path, 'exports.json', read_exports
    ),
    'damaged_checkpoints': _damaged_checkpoints,
    'unfinished_search': _unfinished_search,
    'unfinished_training': lambda path: load_trained(_pinned(path).path),
  },
}


class ErrorsTest(parameterized.TestCase):
  @parameterized.named_parameters(
    (name, kind, situation)
    for kind, situations in SITUATIONS.items()
    for name, situation in situations.items()
  )
  def test_situation(self, kind, situation):
    with tempfile.TemporaryDirectory() as directory:
      with self.assertRaises(errors.DartsError) as caught:
        situation(pathlib.Path(directory))
    # Not one of a narrower class either.
    self.assertIs(type(caught.exception), kind)
    self.assertNotIn('\n', str(caught.exception))

  def test_only_wrong_input_is_a_wrong_value(self):
    for kind in SITUATIONS:
      self.assertEqual(issubclass(kind, ValueError), kind is errors.InputError)


if __name__ == '__main__':
  tf.test.main()
