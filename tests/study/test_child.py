"""Processes of a study; those of these tests do not import TensorFlow."""

import os
import pathlib
import signal
import subprocess
import sys
import textwrap
from unittest import mock

import tiny_runs
from absl.testing import absltest, parameterized

import darts_tf
from darts_tf.config.errors import DartsError, InputError, ResourceError
from darts_tf.study.child import run_child

_ROOT = pathlib.Path(darts_tf.__file__).parents[1]


class ChildTest(parameterized.TestCase):
  def setUp(self):
    super().setUp()
    self.directory = tiny_runs.temporary_directory(self)
    self.log = self.directory / 'arm' / 'seed_0' / 'log.txt'
    self.lines = []
    self.enter_context(
      mock.patch.dict(os.environ, {'PYTHONPATH': str(self.directory)})
    )

  def run_it(self, program, *arguments, listen=None):
    path = self.directory / 'a_program.py'
    path.write_text(textwrap.dedent(program))
    run_child(
      'a_program', list(arguments), self.log, listen or self.lines.append
    )

  def test_output_is_shown_and_kept(self):
    program = """\
        import sys
        import darts_tf
        print('out', *sys.argv[1:])
        print('err', file=sys.stderr)
        """
    self.run_it(program, '--one', 'two words')
    self.assertCountEqual(self.lines, ['out --one two words', 'err'])
    self.run_it(program)
    self.assertLen(self.log.read_text().splitlines(), 4)

  def test_ctrl_c_in_the_terminal_does_not_reach_it(self):
    self.run_it('import os; print(os.getpgid(0) == os.getpid())')
    self.assertEqual(self.lines, ['True'])

  def test_its_own_error(self):
    with self.assertRaises(DartsError) as caught:
      self.run_it("""\
          import sys
          print('error: No such data set. Received: x=1', file=sys.stderr)
          print('a library says goodbye')
          sys.exit(2)
          """)
    self.assertEqual(str(caught.exception), 'No such data set. Received: x=1')

  @parameterized.parameters(
    ('1 / 0', 'exit code 1.*ZeroDivisionError'),
    ('import os; os.kill(os.getpid(), 9)', "signal 9.*Received: ''"),
  )
  def test_other_failures(self, program, message):
    with self.assertRaisesRegex(ResourceError, message) as caught:
      self.run_it(program)
    self.assertIn(str(self.log), str(caught.exception))

  def test_interruption_stops_it_and_waits(self):
    def listen(line):
      self.lines.append(line)
      raise KeyboardInterrupt

    program = """\
        import pathlib, signal, sys, time
        def stop(*unused_args):
          time.sleep(0.3)
          pathlib.Path(sys.argv[1]).write_text('tidied up')
          sys.exit(143)
        signal.signal(signal.SIGTERM, stop)
        print('ready')
        time.sleep(100)
        """
    note = self.directory / 'note'
    with self.assertRaises(KeyboardInterrupt):
      self.run_it(program, str(note), listen=listen)
    self.assertEqual(self.lines, ['ready'])
    self.assertEqual(note.read_text(), 'tidied up')

  def test_what_does_not_stop_is_killed(self):
    def listen(line):
      self.lines.append(int(line))
      raise KeyboardInterrupt

    with mock.patch('darts_tf.study.child._SECONDS_TO_STOP', 0.1):
      with self.assertRaises(KeyboardInterrupt):
        self.run_it(
          """\
            import os, signal, time
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            print(os.getpid())
            time.sleep(100)
            """,
          listen=listen,
        )
    with self.assertRaises(ProcessLookupError):
      os.kill(self.lines[0], 0)

  def test_a_log_that_cannot_be_written(self):
    self.log.parent.parent.write_text('a file')
    with self.assertRaisesRegex(InputError, 'Cannot write here'):
      self.run_it('print(1)')


class OrphanTest(absltest.TestCase):
  def test_a_worker_ends_when_its_study_is_gone(self):
    worker = subprocess.Popen(
      [
        sys.executable,
        '-c',
        textwrap.dedent("""\
            import time
            from darts_tf.study.worker import stop_with_parent
            stop_with_parent()
            print('ready', flush=True)
            time.sleep(100)
            """),
      ],
      stdin=subprocess.PIPE,
      stdout=subprocess.PIPE,
      text=True,
      env={**os.environ, 'PYTHONPATH': str(_ROOT)},
    )
    with worker:
      self.assertEqual(worker.stdout.readline(), 'ready\n')
      self.assertIsNone(worker.poll())
      worker.stdin.close()
      self.assertEqual(worker.wait(20), -signal.SIGTERM)


if __name__ == '__main__':
  absltest.main()
