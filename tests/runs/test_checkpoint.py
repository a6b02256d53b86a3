import errno
import os
import pathlib
import tempfile
from unittest import mock

import numpy as np
from absl.testing import absltest, parameterized

from darts_tf.config.errors import InputError, ResourceError, RunStateError
from darts_tf.runs.checkpoint import CheckpointStore

_ARRAYS = {
  'weights/kernel:0': np.linspace(0, 1, 12, dtype=np.float32).reshape(3, 4),
  'alpha': np.array([[1e-300, np.nan]]),
  'step': np.int64(7),
  'file': np.array([True, False]),
  'empty': np.zeros((0, 2), np.float32),
}


class CheckpointTest(parameterized.TestCase):
  def setUp(self):
    super().setUp()
    temporary = tempfile.TemporaryDirectory()
    self.addCleanup(temporary.cleanup)
    root = pathlib.Path(temporary.name)
    self.directory = root / 'checkpoints'
    self.store = CheckpointStore(self.directory)

  def _save(self, *epochs):
    for epoch in epochs:
      self.store.save(epoch, {'x': np.full(50, epoch)}, {'epoch': epoch})

  def _path(self, epoch):
    return self.directory / f'checkpoint_{epoch:05d}.npz'

  def test_none_at_first(self):
    self.assertIsNone(self.store.latest())
    self.assertEqual(self.store.epochs(), [])
    self.assertFalse(self.directory.exists())

  def test_round_trip(self):
    meta = {'seed': 3, 'schedule': {'stage': 1, 'names': ['a', 'b']}}
    self.store.save(4, _ARRAYS, meta)
    checkpoint = CheckpointStore(self.directory).latest()
    self.assertEqual(checkpoint.epoch, 4)
    self.assertEqual(checkpoint.meta, meta)
    self.assertEqual(list(checkpoint.arrays), list(_ARRAYS))
    for name, array in _ARRAYS.items():
      self.assertEqual(checkpoint.arrays[name].dtype, np.asarray(array).dtype)
      np.testing.assert_array_equal(checkpoint.arrays[name], array)

  def test_meta_is_optional(self):
    self.store.save(0, _ARRAYS)
    self.assertEqual(self.store.latest().meta, {})

  def test_keeps_the_last(self):
    self._save(0, 1, 2, 3)
    self.assertEqual(self.store.epochs(), [2, 3])
    self.assertEqual(self.store.latest().epoch, 3)

  def test_save_ends_an_abandoned_course(self):
    self._save(5, 9)
    self._save(6)
    self.assertEqual(self.store.epochs(), [5, 6])

  def test_numpy_can_open_the_file(self):
    self._save(1)
    with np.load(self._path(1), allow_pickle=False) as entries:
      np.testing.assert_array_equal(entries['array_00000'], np.full(50, 1))

  @parameterized.parameters(0, 1, 10, 31, 32, 33, 400)
  def test_truncated_falls_back(self, size):
    self._save(1, 2)
    data = self._path(2).read_bytes()
    self._path(2).write_bytes(data[:size])
    with self.assertLogs('absl', 'WARNING') as logs:
      self.assertEqual(self.store.latest().epoch, 1)
    self.assertLen(self.store.warnings, 1)
    self.assertRegex(
      self.store.warnings[0],
      'Skipping the damaged checkpoint .*checkpoint_00002.npz',
    )
    self.assertIn(self.store.warnings[0], logs.output[0])

  def test_any_flipped_bit_is_noticed(self):
    self._save(1, 2)
    data = bytearray(self._path(2).read_bytes())
    for position in range(0, len(data), 61):
      data[position] ^= 1
      self._path(2).write_bytes(data)
      self.assertEqual(self.store.latest().epoch, 1, msg=position)
      self.assertIn('SHA-256', self.store.warnings[0])
      data[position] ^= 1
    self._path(2).write_bytes(data)
    self.assertEqual(self.store.latest().epoch, 2)
    self.assertEqual(self.store.warnings, [])

  def test_unreadable_falls_back(self):
    self._save(1)
    self._path(2).mkdir()
    self.assertEqual(self.store.latest().epoch, 1)

  def test_all_damaged(self):
    self._save(1, 2)
    for epoch in (1, 2):
      self._path(epoch).write_bytes(b'damaged')
    with self.assertRaisesRegex(
      RunStateError, 'All 2 checkpoints are damaged; .*Received: directory='
    ):
      self.store.latest()
    self.assertLen(self.store.warnings, 2)

  def test_full_disk_leaves_the_last_checkpoint(self):
    self._save(1)
    error = OSError(errno.ENOSPC, 'full')
    with mock.patch.object(os, 'fsync', side_effect=error):
      with self.assertRaisesRegex(ResourceError, 'The disk is full'):
        self._save(2)
    self.assertEqual(os.listdir(self.directory), ['checkpoint_00001.npz'])
    self.assertEqual(self.store.latest().epoch, 1)

  def test_objects_are_refused(self):
    with self.assertRaisesRegex(TypeError, 'Received: x=object'):
      self.store.save(0, {'x': np.array([None])})
    self.assertFalse(self.directory.exists())

  def test_leftovers_of_killed_processes_go(self):
    self._save(1)
    old = self.directory / '.checkpoint_00002.npz.aa.tmp'
    new = self.directory / '.checkpoint_00002.npz.bb.tmp'
    for path in (old, new):
      path.write_bytes(b'')
    os.utime(old, (0, 0))
    self._save(2)
    self.assertFalse(old.exists())
    self.assertTrue(new.exists())

  def test_other_files_are_left_alone(self):
    self._save(1)
    other = self.directory / 'checkpoint_best.npz'
    other.write_bytes(b'')
    self._save(2, 3, 4)
    self.assertTrue(other.exists())

  def test_keep_must_be_positive(self):
    with self.assertRaisesRegex(InputError, 'Received: keep=0'):
      CheckpointStore(self.directory, keep=0)


if __name__ == '__main__':
  absltest.main()
