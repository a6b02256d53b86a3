"""Settings of a whole process that make it faster.

The programs in `bin/` apply them before TensorFlow is imported; importing
the library sets nothing. `DARTS_TF_TUNE=0` in the environment leaves the
process as it is, and any variable that is set already is respected.
"""

import ctypes
import importlib
import os
import sys

# Optional to Keras, and slow to import.
_EXTRAS = ('matplotlib', 'sklearn')

_INTRAOP = 'TF_NUM_INTRAOP_THREADS'
# Measured with two; many cores may outnumber the operations of a cell.
_FEW_CORES = 4

# glibc's numbers of the options of mallopt, and the values used: memory is
# kept instead of being given back, because touching fresh pages is slow on
# virtual machines.
_MALLOC = {-4: 0, -1: 2**31 - 1, -2: 2**28, -8: 2}


def tune() -> None:
  """Sets the allocator, oneDNN and the log level; imports TensorFlow."""
  if os.environ.get('DARTS_TF_TUNE') == '0':
    return
  os.environ.setdefault('TF_ENABLE_ONEDNN_OPTS', '1')
  if sys.platform == 'linux':
    try:
      mallopt = ctypes.CDLL(None).mallopt
    except AttributeError:
      mallopt = lambda option, value: 0  # Another C library: no options.
    for option, value in _MALLOC.items():
      mallopt(option, value)
  _import_quietly()


def _import_quietly() -> None:
  """Imports TensorFlow without the notes that it logs on the way.

  They are written before any log level can be set. Exceptions are not
  affected: they are raised after standard error is back in place.
  """
  if 'TF_CPP_MIN_LOG_LEVEL' in os.environ:
    # The user has chosen what to see.
    _import_without_extras()
    return
  os.environ['TF_CPP_MIN_LOG_LEVEL'] = '3'
  sys.stderr.flush()
  saved = os.dup(2)
  silence = os.open(os.devnull, os.O_WRONLY)
  try:
    os.dup2(silence, 2)
    _import_without_extras()
  finally:
    os.dup2(saved, 2)
    os.close(saved)
    os.close(silence)


def _import_without_extras() -> None:
  """Imports TensorFlow without what Keras loads if it is installed.

  Keras imports these for wrappers and plots of its own, which no program uses:
  a third of the time, and 90 MiB. Whoever wants them later gets them.
  """
  hidden = [name for name in _EXTRAS if name not in sys.modules]
  # This is how Python remembers that there is no such module.
  sys.modules.update(dict.fromkeys(hidden))
  try:
    importlib.import_module('tensorflow')
  finally:
    for name in hidden:
      del sys.modules[name]


def configure_tensorflow() -> None:
  """Sets graph rewriting and threads, on CPUs; nothing has run before.

  Graphs are not rewritten, which costs start-up time only. Where there are
  few cores, each runs operations of its own instead of a part of one: a
  cell has many that do not wait for each other.
  """
  if os.environ.get('DARTS_TF_TUNE') == '0':
    return
  import tensorflow as tf

  if tf.config.list_physical_devices('GPU'):
    return
  tf.config.optimizer.set_experimental_options({'disable_meta_optimizer': True})
  if _INTRAOP not in os.environ and (os.cpu_count() or 1) <= _FEW_CORES:
    tf.config.threading.set_intra_op_parallelism_threads(1)
