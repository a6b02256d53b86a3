"""Programs of `bin/` run inside the test's process."""

import contextlib
import importlib.util
import io
import pathlib
import sys
from unittest import mock

from absl import flags
from absl.testing import flagsaver

import darts_tf
from darts_tf.config import app

ROOT = pathlib.Path(darts_tf.__file__).parents[1]


def load_program(test, name, directory='bin'):
  """Returns the module of a program; its flags are forgotten afterwards."""
  before = set(flags.FLAGS)
  path = ROOT / directory / f'{name}.py'
  spec = importlib.util.spec_from_file_location(name, path)
  program = importlib.util.module_from_spec(spec)
  # A program finds the modules beside it.
  try:
    with mock.patch.object(sys, 'path', [str(path.parent), *sys.path]):
      spec.loader.exec_module(program)
  finally:
    # Other programs define flags of the same names.
    for flag in set(flags.FLAGS) - before:
      test.addCleanup(delattr, flags.FLAGS, flag)
  return program


def run_program(program, **values):
  """Returns the exit code, standard output and standard error."""
  out, err = io.StringIO(), io.StringIO()
  with (
    flagsaver.as_parsed(**values),
    contextlib.redirect_stdout(out),
    contextlib.redirect_stderr(err),
  ):
    code = app.call(program.main, [program.__name__])
  return code, out.getvalue(), err.getvalue()
