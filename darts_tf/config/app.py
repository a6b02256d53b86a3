"""The start, the refusals and the end of every program in `bin/`.

| what happened                  | on standard error      | exit code |
|--------------------------------|------------------------|-----------|
| wrong flags, any `DartsError`  | one line, `error: …`   | 2         |
| Ctrl-C                         | how to continue        | 2         |
| SIGTERM                        | how to continue        | 143       |
| `--help`                       | (on standard output)   | 0         |
| nobody reads standard output   |                        | 141       |

A `DartsError` is wrong input, a run that has diverged, a machine without
room, or a work directory in the wrong state; see `config.errors`. A mistake
in a program keeps its traceback and exit code 1.
"""

import difflib
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from absl import app as absl_app
from absl import flags, logging

from darts_tf.config.errors import DartsError, InputError

REFUSED = 2
INTERRUPTED = 2
TERMINATED = 128 + signal.SIGTERM
UNREAD = 128 + 13  # That of SIGPIPE, which not all systems have.

# Seconds after which an interrupt that was lost is raised again.
_PATIENCE = 5.0

_CONTINUE = 'interrupted: run the same command again to continue'
_HELP = frozenset(
  f'{dashes}{name}'
  for dashes in ('-', '--')
  for name in ('help', 'helpshort', '?', 'h')
)


class Terminated(KeyboardInterrupt):
  """Raised on SIGTERM; code that tidies up after Ctrl-C catches it, too."""


def run(
  main: Callable[[list[str]], Any], argv: Sequence[str] | None = None
) -> NoReturn:
  """Parses flags, calls `main` and exits the process.

  Args:
    main: takes the program name in a list and returns the exit code, None
      for 0.
    argv: the command line with the program name; default `sys.argv`.
  """
  # Python allows signal handlers in the main thread only.
  if threading.current_thread() is threading.main_thread():
    _handle_interrupts()
  try:
    absl_app.run(
      lambda rest: call(main, rest), argv=argv, flags_parser=parse_flags
    )
  except KeyboardInterrupt as interrupt:
    # Before main: while flags were parsed.
    sys.exit(_interrupted(interrupt))
  except BrokenPipeError:
    # So is help.
    if not _is_unread():
      raise
    sys.exit(UNREAD)


def call(main: Callable[[list[str]], Any], argv: list[str]) -> Any:
  """Calls `main`; turns errors that the user caused into an exit code.

  Args:
    main: the function.
    argv: its argument.

  Returns:
    What `main` returned, or an exit code from the table above.
  """
  # Libraries log a good deal; messages for the user are printed.
  if not flags.FLAGS['verbosity'].present:
    logging.set_verbosity(logging.ERROR)
  try:
    code = main(argv)
    sys.stdout.flush()
    return code
  except DartsError as error:
    return _refuse(str(error))
  except BrokenPipeError:
    # Another pipe than that of `bin/search.py | head` is a fault.
    if not _is_unread():
      raise
    return UNREAD
  except KeyboardInterrupt as interrupt:
    return _interrupted(interrupt)


def _is_unread() -> bool:
  """Tells whether whoever read standard output has closed it."""
  try:
    # Without a buffer nothing is left to be flushed.
    print(flush=True)
  except BrokenPipeError:
    # Python writes what is left at its end, and would complain again.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return True
  return False


def parse_flags(argv: Sequence[str]) -> list[str]:
  """Parses flags; refuses words that belong to no flag.

  Args:
    argv: the command line with the program name.

  Returns:
    The program name, in a list.

  Raises:
    SystemExit: with code 0 if help was asked for, with code 2 after a
      wrong flag or a word that is no flag.
  """
  argv = list(argv)
  options = argv[1 : argv.index('--')] if '--' in argv else argv[1:]
  if _HELP.intersection(options):
    print(help_text())
    sys.exit(0)
  try:
    rest = flags.FLAGS(argv)
  except flags.UnrecognizedFlagError as error:
    sys.exit(_refuse(_explain_unknown(error)))
  except (flags.Error, InputError) as error:
    sys.exit(_refuse(str(error)))
  except SystemExit:
    # Only the remaining kinds of help exit this way, and help is no
    # failure.
    sys.exit(0)
  if rest[1:]:
    sys.exit(
      _refuse(
        'Words without a flag are not understood; expected --flag=value.'
        f' Received: {" ".join(rest[1:])}'
      )
    )
  return rest


def help_text() -> str:
  """Returns the program's text and its flags, and those of `darts_tf`."""
  parts = [(sys.modules['__main__'].__doc__ or '').strip()]
  parts.append(flags.FLAGS.main_module_help().strip('\n'))
  own = sorted(
    module
    for module in flags.FLAGS.flags_by_module_dict()
    if module.startswith('darts_tf.')
  )
  parts += [flags.FLAGS.module_help(module).strip('\n') for module in own]
  parts.append('--helpfull also shows the flags of the libraries.')
  return '\n\n'.join(part for part in parts if part)


def _explain_unknown(error: flags.UnrecognizedFlagError) -> str:
  near = difflib.get_close_matches(
    error.flagname, sorted(flags.FLAGS), n=1, cutoff=0.5
  )
  hint = f' Did you mean --{near[0]}?' if near else ''
  return (
    f'Unknown flag; expected one that --help shows.{hint}'
    f' Received: --{error.flagname}'
  )


def _refuse(message: str) -> int:
  print(f'error: {" ".join(message.split())}', file=sys.stderr)
  return REFUSED


def _handle_interrupts() -> None:
  """Makes Ctrl-C and SIGTERM end the program wherever it is."""
  signal.signal(signal.SIGINT, _interrupt(KeyboardInterrupt))
  signal.signal(signal.SIGTERM, _interrupt(Terminated))


def _interrupt(kind: type[KeyboardInterrupt]) -> Callable[[int, Any], NoReturn]:
  """Returns a handler that raises, and raises again if that is lost.

  An exception is lost if it meets a destructor or a generator that a library
  closes: Python reports it as ignored and goes on.
  """

  def again(signal_number: int, frame: Any) -> NoReturn:
    del signal_number, frame
    raise kind

  def handler(signal_number: int, frame: Any) -> NoReturn:
    sys.unraisablehook = lambda unraisable: None
    if hasattr(signal, 'setitimer'):  # Not on Windows.
      signal.signal(signal.SIGALRM, again)
      signal.setitimer(signal.ITIMER_REAL, _PATIENCE)
    again(signal_number, frame)

  return handler


def _interrupted(interrupt: KeyboardInterrupt) -> int:
  if hasattr(signal, 'setitimer'):
    signal.setitimer(signal.ITIMER_REAL, 0)
  print(_CONTINUE, file=sys.stderr)
  return TERMINATED if isinstance(interrupt, Terminated) else INTERRUPTED
