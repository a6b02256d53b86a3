"""Python files of the user that register parts, spaces or operations."""

import hashlib
import importlib.util
import pathlib
import sys

from darts_tf.config.errors import InputError


def import_files(names: str) -> None:
  """Runs Python files, each once in a process.

  Args:
    names: paths, separated by commas.

  Raises:
    InputError: if a file is missing, or raises an exception.
  """
  for name in names.split(','):
    path = pathlib.Path(name.strip())
    if not path.is_file():
      raise InputError(
        'There is no such file to import; expected the path of a Python'
        f' file. Received: import={name!r}'
      )
    _import_file(path.resolve())


def _import_file(path: pathlib.Path) -> None:
  digest = hashlib.sha256(str(path).encode()).hexdigest()[:8]
  module_name = f'darts_tf_import_{path.stem}_{digest}'
  if module_name in sys.modules:
    return
  spec = importlib.util.spec_from_file_location(module_name, path)
  if spec is None:
    raise InputError(
      'The file to import is no Python file; expected a name that ends with'
      f' .py. Received: import={str(path)!r}'
    )
  module = importlib.util.module_from_spec(spec)
  # Dataclasses look for the module that they are defined in.
  sys.modules[module_name] = module
  try:
    spec.loader.exec_module(module)
  except Exception as error:
    del sys.modules[module_name]
    text = ' '.join(f'{type(error).__name__}: {error}'.split())
    raise InputError(
      f'The imported file raised {text}; expected a file that registers'
      f' parts. Received: import={str(path)!r}'
    ) from error
