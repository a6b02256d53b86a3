import contextlib
import io
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
from unittest import mock

from absl import app as absl_app
from absl import flags
from absl.testing import absltest, parameterized

from darts_tf.config import app, errors
from darts_tf.config.errors import InputError


def make_flags():
  values = flags.FlagValues()
  flags.DEFINE_float('rate', 0.5, 'A rate.', flag_values=values)
  flags.DEFINE_enum(
    'gradient', 'first', ['first', 'second'], 'A choice.', flag_values=values
  )
  flags.DEFINE_integer('size', 1, 'A size.', lower_bound=1, flag_values=values)
  return values


class AppTest(parameterized.TestCase):
  def call(self, function, *arguments):
    """Returns (result or exit code, standard output, standard error)."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
      try:
        result = function(*arguments)
      except SystemExit as exit_:
        result = exit_.code
    return result, out.getvalue(), err.getvalue()

  def parse(self, *words):
    self.values = make_flags()
    with mock.patch.object(flags, 'FLAGS', self.values):
      return self.call(app.parse_flags, ['program', *words])

  def test_flags_are_parsed(self):
    result, out, err = self.parse('--rate=0.25', '--gradient', 'second')
    self.assertEqual((result, out, err), (['program'], '', ''))
    self.assertEqual((self.values.rate, self.values.gradient), (0.25, 'second'))

  @parameterized.parameters(
    (
      ['--rat=1'],
      'error: Unknown flag; expected one that --help shows. Did you mean'
      ' --rate? Received: --rat\n',
    ),
    (
      ['--zzzzzz'],
      'error: Unknown flag; expected one that --help shows. Received:'
      ' --zzzzzz\n',
    ),
    (['--gradient=third'], 'error: .*gradient=third.*first.*second.*\n'),
    (['--rate=fast'], 'error: .*rate=fast.*\n'),
    (['--size=0'], 'error: .*size=0.*\n'),
    (['--rate'], 'error: .*rate.*\n'),
    (['--flagfile=/nowhere.cfg'], 'error: .*/nowhere.cfg.*\n'),
    (
      ['toy', '--rate=1', 'x'],
      'error: Words without a flag are not understood; expected'
      ' --flag=value. Received: toy x\n',
    ),
  )
  def test_refused_in_one_line(self, words, message):
    result, out, err = self.parse(*words)
    self.assertEqual((result, out), (2, ''))
    self.assertRegex(err, f'^{message.replace("?", "[?]")}$')
    self.assertEqual(err.count('\n'), 1)

  @parameterized.parameters('--help', '-help', '--helpshort')
  def test_help(self, word):
    result, out, err = self.parse('--rat=1', word)
    self.assertEqual((result, err), (0, ''))
    self.assertIn('--helpfull', out)

  def test_help_after_two_dashes_is_a_word(self):
    result, _, err = self.parse('--', '--help')
    self.assertEqual(result, 2)
    self.assertIn('Received: --help', err)

  def test_other_help_exits_with_success(self):
    values = mock.Mock(side_effect=SystemExit(1))
    with mock.patch.object(flags, 'FLAGS', values):
      self.assertEqual(self.call(app.parse_flags, ['p', '--helpxml'])[0], 0)

  def test_help_text(self):
    values = flags.FlagValues()
    for module, name in (
      ('darts_tf.data', 'data_dir'),
      ('other.module', 'unrelated'),
      (sys.argv[0], 'of_program'),
    ):
      flags.DEFINE_string(name, None, f'Help of {name}.', flag_values=values)
      flag = values[name]
      values.register_flag_by_module(module, flag)
      values.register_key_flag_for_module(module, flag)
    main = mock.Mock(__doc__='Does something.\n')
    with (
      mock.patch.object(flags, 'FLAGS', values),
      mock.patch.dict(sys.modules, {'__main__': main}),
    ):
      text = app.help_text()
    self.assertStartsWith(text, 'Does something.')
    self.assertIn('Help of of_program.', text)
    self.assertIn('Help of data_dir.', text)
    self.assertNotIn('unrelated', text)

  @parameterized.parameters((None,), (0,), (3,))
  def test_result_of_main(self, code):
    self.assertEqual(
      self.call(app.call, lambda argv: code, ['p']), (code, '', '')
    )

  def raising(self, error):
    def main(argv):
      raise error

    return self.call(app.call, main, ['p'])

  def test_input_error(self):
    self.assertEqual(
      self.raising(InputError('Not so; expected\nthis. Received: x=1')),
      (2, '', 'error: Not so; expected this. Received: x=1\n'),
    )

  @parameterized.parameters(
    errors.DartsError,
    errors.InputError,
    errors.DivergedError,
    errors.ResourceError,
    errors.OutOfMemoryError,
    errors.RunStateError,
  )
  def test_each_kind_of_error(self, kind):
    self.assertEqual(
      self.raising(kind('No. Received: x=1')),
      (2, '', 'error: No. Received: x=1\n'),
    )

  @parameterized.parameters(ValueError, BrokenPipeError)
  def test_other_errors_are_not_hidden(self, kind):
    with self.assertRaisesRegex(kind, 'a mistake'):
      self.raising(kind('a mistake'))

  @parameterized.parameters((KeyboardInterrupt(), 2), (app.Terminated(), 143))
  def test_interrupted(self, error, code):
    self.assertEqual(
      self.raising(error),
      (code, '', 'interrupted: run the same command again to continue\n'),
    )

  def restore_handlers(self):
    """Puts back what `app.run` changes in the process."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGALRM):
      self.addCleanup(signal.signal, number, signal.getsignal(number))
    self.addCleanup(setattr, sys, 'unraisablehook', sys.unraisablehook)
    self.addCleanup(signal.setitimer, signal.ITIMER_REAL, 0)

  @parameterized.parameters((signal.SIGINT, 2), (signal.SIGTERM, 143))
  def test_lost_interrupts_are_raised_again(self, number, code):
    self.restore_handlers()
    lost = []

    def main(argv):
      del argv
      try:
        os.kill(os.getpid(), number)
        signal.pause()
      except KeyboardInterrupt:
        lost.append(1)
      time.sleep(20)  # What a library goes on with.
      self.fail('nobody woke it')

    def absl_run(main, argv, flags_parser):
      del flags_parser
      sys.exit(main(argv))

    with (
      mock.patch.object(absl_app, 'run', absl_run),
      mock.patch.object(app, '_PATIENCE', 0.2),
    ):
      result, _, err = self.call(app.run, main, ['p'])
    self.assertEqual((result, lost), (code, [1]))
    self.assertStartsWith(err, 'interrupted')
    # Nothing is left that could go off later.
    self.assertEqual(signal.getitimer(signal.ITIMER_REAL)[0], 0)

  def test_run(self):
    self.restore_handlers()

    def main(argv):
      # Tidying up after Ctrl-C happens after SIGTERM too.
      try:
        os.kill(os.getpid(), signal.SIGTERM)
        signal.pause()
      except KeyboardInterrupt:
        print('tidy', argv)
        raise

    def absl_run(main, argv, flags_parser):
      self.assertIs(flags_parser, app.parse_flags)
      sys.exit(main(argv))

    with mock.patch.object(absl_app, 'run', absl_run):
      code, out, err = self.call(app.run, main, ['p'])
    self.assertEqual((code, out), (143, "tidy ['p']\n"))
    self.assertEqual(
      err, 'interrupted: run the same command again to continue\n'
    )

  def test_interrupted_before_main(self):
    self.restore_handlers()
    with mock.patch.object(absl_app, 'run', side_effect=KeyboardInterrupt):
      code, _, err = self.call(app.run, lambda argv: 0)
    self.assertEqual(code, 2)
    self.assertStartsWith(err, 'interrupted')

  def test_process(self):
    directory = tempfile.TemporaryDirectory()
    self.addCleanup(directory.cleanup)
    program = pathlib.Path(directory.name) / 'program.py'
    program.write_text(
      textwrap.dedent('''\
        """Tries the wrapper."""
        import sys
        from absl import flags
        from darts_tf.config import app
        flags.DEFINE_integer('number', 0, 'Some number.')
        def main(argv):
          assert 'tensorflow' not in sys.modules
          print(flags.FLAGS.number)
        app.run(main)
        ''')
    )
    root = pathlib.Path(app.__file__).parents[2]

    def start(*words):
      result = subprocess.run(
        [sys.executable, str(program), *words],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, 'PYTHONPATH': str(root)},
      )
      return result.returncode, result.stdout, result.stderr

    self.assertEqual(start('--number=3'), (0, '3\n', ''))
    for words in (['--number=3'], ['--help']):
      read, write = os.pipe()
      os.close(read)
      unread = subprocess.run(
        [sys.executable, str(program), *words],
        stdout=write,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        env={**os.environ, 'PYTHONPATH': str(root)},
      )
      os.close(write)
      self.assertEqual((unread.returncode, unread.stderr), (141, ''))
    self.assertEqual(
      start('--numbr=3'),
      (
        2,
        '',
        'error: Unknown flag; expected one that --help shows. Did you'
        ' mean --number? Received: --numbr\n',
      ),
    )
    code, out, err = start('--help')
    self.assertEqual((code, err), (0, ''))
    self.assertStartsWith(out, 'Tries the wrapper.')
    self.assertIn('Some number.', out)
    code, out, _ = start('--helpfull')
    self.assertEqual(code, 0)
    self.assertIn('Some number.', out)


if __name__ == '__main__':
  absltest.main()
