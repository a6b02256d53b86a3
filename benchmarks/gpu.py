"""Measures steps on one GPU, beside PyTorch on the same one.

  python benchmarks/gpu.py --peer_python=PYTHON_WITH_TORCH

Searches of first and second order, GDAS, retraining, 16 bits, XLA: each row
is a process of its own that ends when its time is over. All of it takes less
than ten minutes; what there was no time for is said to be not measured. The
file of --output is written after each row, and the same command goes on with
the rows that it lacks. `scripts/benchmark_gpu.sh` installs what is needed.

  python benchmarks/gpu.py --device=cpu --sizes=small --output=runs/trial.json

tries the program where there is no GPU.
"""

import os
import sys
from collections.abc import Callable

from absl import flags
from gpu_rows import SIZES, Commands, make_rows, measure_rows, table
from measuring import Results, measure, output_of

from darts_tf.config import app
from darts_tf.config.errors import InputError

_PYTHON = flags.DEFINE_string(
  'peer_python', None, 'Interpreter that has PyTorch; none to leave it out.'
)
_OUTPUT = flags.DEFINE_string(
  'output', 'runs/gpu.json', 'JSON file of all measurements.'
)
_SIZES = flags.DEFINE_enum(
  'sizes', 'full', list(SIZES), 'Of networks and batches.'
)
_DEVICE = flags.DEFINE_enum('device', 'gpu', ['gpu', 'cpu'], 'Where steps run.')
_STEPS = flags.DEFINE_integer(
  'steps', 10, 'Steps that are timed in a row.', lower_bound=1
)
_BUDGET = flags.DEFINE_float(
  'budget', 570, 'Seconds of all rows together.', lower_bound=1
)
_LIMIT = flags.DEFINE_float(
  'row_limit', 120, 'Seconds of one row at most.', lower_bound=1
)

_GPU_NAME = """
import tensorflow as tf
for gpu in tf.config.list_physical_devices('GPU')[:1]:
  print(tf.config.experimental.get_device_details(gpu).get('device_name', gpu))
"""
_PLAN = 'plan'


def gpu_name() -> str:
  """Returns the name of the GPU that TensorFlow would use, or nothing."""
  lines = output_of([sys.executable, '-c', _GPU_NAME]).strip().splitlines()
  return lines[-1] if lines else ''


def find_device(wanted: str, gpu: Callable[[], str] = gpu_name) -> str:
  """Returns the name of the device that is measured.

  Args:
    wanted: `gpu` or `cpu`.
    gpu: returns the name of a GPU, or nothing.

  Raises:
    InputError: if there is no GPU and one is wanted.
  """
  if wanted == 'cpu':
    return 'CPU'
  if not (name := gpu()):
    raise InputError(
      'TensorFlow finds no GPU; expected one, or device=cpu to try the'
      f' program. Received: device={wanted!r}'
    )
  return name


def main(unused_argv: list[str]) -> None:
  """Measures and prints."""
  device = find_device(_DEVICE.value)
  results = Results(_OUTPUT.value)
  results.belong_to(_PLAN, {'device': device, 'sizes': _SIZES.value})
  on_gpu = _DEVICE.value == 'gpu'
  rows = make_rows(
    Commands(SIZES[_SIZES.value], _STEPS.value, on_gpu, _PYTHON.value)
  )
  measure_rows(
    rows,
    results,
    measure,
    _BUDGET.value,
    _LIMIT.value,
    {} if on_gpu else {'CUDA_VISIBLE_DEVICES': '-1'},
  )
  print(f'\n{device}, {os.cpu_count()} cores\n\n{table(rows, results)}')


if __name__ == '__main__':
  app.run(main)
