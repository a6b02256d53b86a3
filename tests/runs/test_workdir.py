import errno
import json
import os
import pathlib
import tempfile
from unittest import mock

import numpy as np
from absl.testing import absltest, parameterized

from darts_tf.config.errors import InputError, ResourceError, RunStateError
from darts_tf.runs import workdir


class AtomicWriteTest(parameterized.TestCase):
  def setUp(self):
    super().setUp()
    temporary = tempfile.TemporaryDirectory()
    self.addCleanup(temporary.cleanup)
    self.directory = pathlib.Path(temporary.name)
    self.path = self.directory / 'file'

  def test_replaces_the_contents(self):
    workdir.atomic_write_bytes(self.path, b'old, and longer')
    workdir.atomic_write_bytes(self.path, b'new')
    self.assertEqual(self.path.read_bytes(), b'new')
    self.assertEqual(os.listdir(self.directory), ['file'])

  def test_text_is_utf8(self):
    workdir.atomic_write_text(self.path, 'ü')
    self.assertEqual(self.path.read_bytes(), 'ü'.encode())

  def test_json_takes_numpy_paths_and_sets(self):
    workdir.atomic_write_json(
      self.path,
      {
        'a': np.float32(0.5),
        'b': np.arange(2),
        'c': pathlib.Path('x'),
        'd': {2, 1},
        'e': (1, 2),
      },
    )
    self.assertEqual(
      json.loads(self.path.read_text()),
      {'a': 0.5, 'b': [0, 1], 'c': 'x', 'd': [1, 2], 'e': [1, 2]},
    )

  def test_json_refuses_what_it_has_no_form_for(self):
    with self.assertRaisesRegex(TypeError, 'No JSON form for object'):
      workdir.atomic_write_json(self.path, object())

  def test_arrays(self):
    workdir.atomic_write_arrays(self.path, {'normal': np.eye(2)})
    with np.load(self.path) as arrays:
      np.testing.assert_array_equal(arrays['normal'], np.eye(2))

  @parameterized.parameters(errno.ENOSPC, errno.EDQUOT)
  def test_full_disk_keeps_the_old_file(self, code):
    workdir.atomic_write_bytes(self.path, b'old')
    with mock.patch.object(os, 'fsync', side_effect=OSError(code, 'full')):
      with self.assertRaisesRegex(
        ResourceError,
        'The disk is full .*; free space and run the same'
        ' command again: it continues .*Received: path=.*file',
      ):
        workdir.atomic_write_bytes(self.path, b'new')
    self.assertEqual(self.path.read_bytes(), b'old')
    self.assertEqual(os.listdir(self.directory), ['file'])

  def test_failure_of_write_removes_the_temporary_file(self):
    real = open

    def full(*args):
      file = real(*args)
      file.write(b'ne')
      wrapped = mock.MagicMock(wraps=file)
      wrapped.__enter__.return_value = wrapped
      wrapped.__exit__.side_effect = lambda *_: file.close()
      wrapped.write.side_effect = OSError(errno.ENOSPC, 'full')
      return wrapped

    with mock.patch('builtins.open', full):
      with self.assertRaisesRegex(ResourceError, 'The disk is full'):
        workdir.atomic_write_bytes(self.path, b'new')
    self.assertEmpty(os.listdir(self.directory))

  def test_other_errors_stay_what_they_are(self):
    with mock.patch.object(os, 'fsync', side_effect=OSError(errno.EIO, '')):
      with self.assertRaises(OSError):
        workdir.atomic_write_bytes(self.path, b'new')
    self.assertEmpty(os.listdir(self.directory))

  def test_read_only_place(self):
    error = PermissionError(errno.EACCES, 'Permission denied')
    with mock.patch('builtins.open', side_effect=error):
      with self.assertRaisesRegex(
        InputError, r'Cannot write here \(Permission denied\)'
      ):
        workdir.atomic_write_bytes(self.path, b'new')


class WorkDirTest(parameterized.TestCase):
  def setUp(self):
    super().setUp()
    temporary = tempfile.TemporaryDirectory()
    self.addCleanup(temporary.cleanup)
    self.root = pathlib.Path(temporary.name)
    self.run_dir = workdir.WorkDir(self.root / 'a' / 'run')

  def test_nothing_is_created_before_pinning(self):
    self.assertEqual(self.run_dir.read_metrics(), [])
    self.assertEmpty(os.listdir(self.root))

  def test_pin_then_continue(self):
    config = {'seed': 1, 'betas': (0.5, 0.999), 'nested': {'rate': 1.0}}
    self.assertFalse(self.run_dir.pin(config))
    self.assertTrue(self.run_dir.pin(config))
    self.assertTrue(
      self.run_dir.pin(
        {'seed': 1, 'betas': [0.5, 0.999], 'nested': {'rate': 1}}
      )
    )
    self.assertEqual(self.run_dir.read_config()['betas'], [0.5, 0.999])

  def test_pin_lists_every_difference_in_one_line(self):
    self.run_dir.pin({'seed': 1, 'method': 'darts', 'old': 0, 'same': 3})
    with self.assertRaises(RunStateError) as caught:
      self.run_dir.pin(
        {'seed': 2, 'method': 'snas', 'new': {'x': 4}, 'same': 3}
      )
    message = str(caught.exception)
    self.assertIn('seed: was 1, now 2', message)
    self.assertIn('method: was "darts", now "snas"', message)
    self.assertIn('old: was 0, now absent', message)
    self.assertIn('new.x: was absent, now 4', message)
    self.assertIn('another --workdir', message)
    self.assertNotIn('same', message.replace('the same values', ''))
    self.assertNotIn('\n', message)
    self.assertEqual(self.run_dir.read_config()['seed'], 1)

  def test_an_unset_option_that_an_earlier_run_did_not_know_is_the_same(self):
    self.run_dir.pin({'epochs': 3, 'gone': None})
    self.assertTrue(
      self.run_dir.pin(
        {'epochs': 3, 'later': None, 'switch': False, 'amount': 0}
      )
    )
    self.assertEqual(self.run_dir.read_config(), {'epochs': 3, 'gone': None})
    with self.assertRaisesRegex(RunStateError, 'later: was absent, now 1'):
      self.run_dir.pin({'epochs': 3, 'later': 1})

  def test_changeable_fields_are_updated(self):
    self.run_dir.pin({'epochs': 5, 'report': {'dpi': 1}, 'seed': 1})
    changed = {'epochs': 9, 'report': {'dpi': 2}, 'seed': 1}
    self.assertTrue(self.run_dir.pin(changed, {'epochs', 'report'}))
    self.assertEqual(self.run_dir.read_config(), changed)
    with self.assertRaisesRegex(RunStateError, r'\(seed: was 1, now 2\)'):
      self.run_dir.pin({**changed, 'epochs': 10, 'seed': 2}, {'epochs'})
    self.assertEqual(self.run_dir.read_config(), changed)

  @parameterized.parameters(
    (b'{"seed": ', 'config.json cannot be read'),
    (b'\xff\xfe', 'config.json cannot be read'),
    (b'[1]', 'config.json is not a JSON object'),
  )
  def test_damaged_config(self, data, message):
    self.run_dir.create()
    self.run_dir.config_path.write_bytes(data)
    with self.assertRaisesRegex(RunStateError, message):
      self.run_dir.pin({'seed': 1})

  def test_results_without_config(self):
    self.run_dir.write_metrics([])
    with self.assertRaisesRegex(
      RunStateError, 'There is metrics.jsonl of a run but no config.json'
    ):
      self.run_dir.pin({'seed': 1})

  def test_parent_is_a_file(self):
    (self.root / 'a').write_text('')
    with self.assertRaisesRegex(InputError, 'Cannot write here .*run'):
      self.run_dir.pin({})

  def test_directory_is_a_file(self):
    (self.root / 'b').write_text('')
    with self.assertRaisesRegex(InputError, 'Cannot write here .*File exists'):
      workdir.WorkDir(self.root / 'b').create()

  def test_no_permission(self):
    error = PermissionError(errno.EACCES, 'Permission denied')
    with mock.patch.object(pathlib.Path, 'mkdir', side_effect=error):
      with self.assertRaisesRegex(InputError, 'Permission denied'):
        self.run_dir.create()

  def test_empty_name(self):
    with self.assertRaisesRegex(InputError, "Received: workdir=''"):
      workdir.WorkDir('')

  def test_one_run_at_a_time(self):
    other = workdir.WorkDir(self.run_dir.path)
    with self.run_dir.exclusive():
      with self.assertRaisesRegex(
        RunStateError, 'Another run is at work.*Received: workdir=.*run'
      ):
        with other.exclusive():
          self.fail('two runs in one directory')
      # Its own directories are free.
      with workdir.WorkDir(self.run_dir.path / 'inner').exclusive():
        pass
    with other.exclusive():
      self.assertEqual(os.listdir(self.run_dir.path), ['inner'])

  def test_require_run(self):
    with self.assertRaisesRegex(RunStateError, 'No run here'):
      self.run_dir.require_run()
    self.run_dir.pin({})
    self.run_dir.require_run()

  def test_metrics_round_trip(self):
    metrics = [
      {'epoch': 0, 'train_loss': np.float32(2.5)},
      {'epoch': 1, 'train_loss': 2.0, 'entropy': {'normal': 0.5}},
    ]
    self.run_dir.write_metrics(metrics)
    self.assertLen(self.run_dir.metrics_path.read_text().splitlines(), 2)
    self.assertEqual(self.run_dir.read_metrics(), metrics)
    self.run_dir.write_metrics(metrics[:1])
    self.assertEqual(self.run_dir.read_metrics(), metrics[:1])

  @parameterized.parameters('{"epoch"', '3')
  def test_damaged_metrics(self, line):
    self.run_dir.write_metrics([{'epoch': 0}])
    with open(self.run_dir.metrics_path, 'a') as file:
      file.write(line)
    with self.assertRaisesRegex(
      RunStateError, 'Line 2 of metrics.jsonl is damaged'
    ):
      self.run_dir.read_metrics()


if __name__ == '__main__':
  absltest.main()
