import os
import pathlib
import signal
import subprocess
import sys

import tiny_runs
from absl.testing import absltest

import darts_tf
from darts_tf.runs.checkpoint import CheckpointStore

_SCRIPT = pathlib.Path(__file__).with_name('killed_run.py')
_ROOT = pathlib.Path(darts_tf.__file__).parents[1]


class KilledRunsTest(absltest.TestCase):
  def start(self, name, where):
    return subprocess.Popen(
      [sys.executable, str(_SCRIPT), str(self.directory / name), where],
      stdout=subprocess.PIPE,
      text=True,
      env={
        **os.environ,
        'TF_CPP_MIN_LOG_LEVEL': '3',
        'TF_ENABLE_ONEDNN_OPTS': '1',
        'PYTHONPATH': str(_ROOT),
      },
    )

  def finish(self, process, code=0):
    out, _ = process.communicate(timeout=300)
    self.assertEqual(process.returncode, code, out)
    return out

  def test_killed_runs_give_what_they_would_have_given(self):
    self.directory = tiny_runs.temporary_directory(self)
    whole = self.start('whole', 'none')
    cut = self.directory / 'cut'
    self.finish(self.start('cut', 'search'), -signal.SIGKILL)
    self.assertFalse((cut / 'train').exists())
    self.assertEqual(CheckpointStore(cut / 'search/checkpoints').epochs(), [0])
    out = self.finish(self.start('cut', 'train'), -signal.SIGKILL)
    self.assertIn('Continuing after epoch 1 of 3.', out)
    self.assertFalse((cut / 'train/result.json').exists())
    self.assertEqual(CheckpointStore(cut / 'train/checkpoints').epochs(), [0])
    loss = self.finish(self.start('cut', 'none')).splitlines()[-1]
    self.assertEqual(self.finish(whole).splitlines()[-1], loss)
    expected = self.directory / 'whole'
    tiny_runs.assert_same_search(self, cut / 'search', expected / 'search')
    self.assertEqual(
      tiny_runs.timeless(cut / 'train/metrics.jsonl'),
      tiny_runs.timeless(expected / 'train/metrics.jsonl'),
    )
    self.assertEqual(
      (cut / 'train/result.json').read_bytes(),
      (expected / 'train/result.json').read_bytes(),
    )
    first, second = (
      CheckpointStore(d / 'train/checkpoints').latest().arrays
      for d in (cut, expected)
    )
    tiny_runs.assert_same_arrays(self, first, second)


if __name__ == '__main__':
  absltest.main()
