"""The set-up of scripts/environment.sh, with an interpreter that pretends."""

import os
import pathlib
import shutil
import subprocess
import sys
import textwrap

from absl.testing import absltest

import darts_tf

SCRIPT = (
  pathlib.Path(darts_tf.__file__).parents[1] / 'scripts' / 'environment.sh'
)
BASH = shutil.which('bash')

# Makes an environment of itself, and notes what pip is asked to install.
PYTHON = f"""\
#!{BASH}
case "$1 $2" in
  '-c '*) ;;
  '--version '*) echo Python 3.11.0 ;;
  '-m venv') mkdir -p "${{@: -1}}/bin" && cp "$0" "${{@: -1}}/bin/python" ;;
  '-m pip') if [ "$3" = install ]; then echo "${{@: -1}}" >> log; fi ;;
  *) exec '{sys.executable}' "$@" ;;
esac
"""


@absltest.skipUnless(BASH, 'needs bash')
class EnvironmentTest(absltest.TestCase):
  def setUp(self):
    super().setUp()
    self.root = pathlib.Path(self.create_tempdir('a project').full_path)
    for name in ('setup.py', 'pyproject.toml'):
      (self.root / name).write_text('# one\n')
    self.programs = self.root / 'programs'
    self.programs.mkdir()
    for name in ('cat', 'cp', 'mkdir', 'uname'):
      (self.programs / name).symlink_to(shutil.which(name))

  def pretend(self):
    python = self.programs / 'python3.11'
    python.write_text(PYTHON)
    python.chmod(0o755)

  def prepare(self, *extras, then='', **environment):
    """Returns the exit code, standard output and standard error."""
    command = textwrap.dedent(f"""\
        set -euo pipefail
        . '{SCRIPT}'
        prepare_environment {' '.join(extras)}
        {then}
        """)
    done = subprocess.run(
      [BASH, '-c', command],
      cwd=self.root,
      text=True,
      capture_output=True,
      env={'PATH': os.fspath(self.programs), **environment},
    )
    return done.returncode, done.stdout, done.stderr

  def installed(self):
    return (self.root / 'log').read_text().split()

  def test_installs_once(self):
    self.pretend()
    for _ in range(2):
      code, _, err = self.prepare('tuner', 'test', DARTS_TF_EXTRA='cpu')
      self.assertEqual((code, err), (0, ''))
    self.assertEqual(self.installed(), ['.[cpu,tuner,test]'])

  def test_sets_of_extras_do_not_undo_each_other(self):
    self.pretend()
    for extras in ([], ['test'], [], ['test']):
      self.prepare(*extras, DARTS_TF_EXTRA='cpu')
    self.assertEqual(self.installed(), ['.[cpu]', '.[cpu,test]'])

  def test_installs_again_when_the_requirements_change(self):
    self.pretend()
    self.prepare(DARTS_TF_EXTRA='cpu')
    (self.root / 'setup.py').write_text('# two\n')
    self.prepare(DARTS_TF_EXTRA='cpu')
    self.assertLen(self.installed(), 2)

  def test_another_build_gets_a_new_environment(self):
    self.pretend()
    self.prepare(DARTS_TF_EXTRA='cpu')
    _, out, _ = self.prepare(DARTS_TF_EXTRA='cuda')
    self.assertIn('Creating the virtual environment', out)
    self.assertEqual(self.installed(), ['.[cpu]', '.[cuda]'])

  def test_pytorch_has_an_environment_of_its_own(self):
    self.pretend()
    for _ in range(2):
      code, out, err = self.prepare(
        then='pytorch_interpreter', DARTS_TF_EXTRA='cpu'
      )
      self.assertEqual((code, err), (0, ''))
      self.assertEqual(out.splitlines()[-1], '.venv-torch/bin/python')
    self.assertEqual(self.installed(), ['.[cpu]', 'numpy'])

  def test_pytorch_of_the_user(self):
    self.pretend()
    _, out, _ = self.prepare(
      then='pytorch_interpreter', DARTS_TF_EXTRA='cpu', DARTS_TF_PYTORCH='mine'
    )
    self.assertEqual(out.splitlines()[-1], 'mine')
    self.assertEqual(self.installed(), ['.[cpu]'])

  def test_unknown_build(self):
    self.pretend()
    code, _, err = self.prepare(DARTS_TF_EXTRA='gpu')
    self.assertEqual(code, 2)
    self.assertEqual(
      err,
      'error: Unknown build of TensorFlow; expected cpu, tensorflow'
      ' or cuda. Received: DARTS_TF_EXTRA=gpu\n',
    )
    self.assertFalse((self.root / '.venv').exists())

  def test_no_python(self):
    code, _, err = self.prepare()
    self.assertEqual(code, 2)
    self.assertEqual(
      err,
      'error: No Python found to run on; expected python3.10,'
      ' python3.11 or python3.12 on the PATH.\n',
    )


if __name__ == '__main__':
  absltest.main()
