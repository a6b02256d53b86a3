"""The operations for which TensorFlow has kernels on GPUs.

The table of TensorFlow 2.21 is part of the package, `gpu_kernels.json`, so
that machines without a GPU and builds for CPUs only can read it. For another
version, `kernels_text(registered_gpu_kernels())` returns the content.
"""

import json
import pathlib
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import tensorflow as tf

from darts_tf.compat.tensorflow import registered_kernels
from darts_tf.config.errors import InputError

_TABLE = pathlib.Path(__file__).with_name('gpu_kernels.json')
# A kernel of the default device runs on any device.
_DEVICES = ('GPU', 'DEFAULT')


class Kernel(NamedTuple):
  """A kernel, or some that differ in a type.

  Args:
    types: attribute to the numbers of the types that it may have.
    host: arguments and results that lie in the memory of the host.
  """

  types: Mapping[str, Sequence[int]]
  host: Sequence[str]


Kernels = Mapping[str, Sequence[Kernel]]


def gpu_kernels() -> Kernels:
  """Returns the kernels of TensorFlow 2.21 for GPUs, by operation."""
  table = json.loads(_TABLE.read_text())
  return {
    op: [Kernel(*kernel) for kernel in kernels] for op, kernels in table.items()
  }


def registered_gpu_kernels() -> Kernels:
  """Returns the kernels for GPUs of this build of TensorFlow, by operation.

  Raises:
    InputError: if it is a build for CPUs only.
  """
  found = {}
  for kernel in registered_kernels():
    if kernel.device_type in _DEVICES:
      types = {
        c.name: sorted(c.allowed_values.list.type) for c in kernel.constraint
      }
      key = tuple(sorted(types)), tuple(sorted(kernel.host_memory_arg))
      found.setdefault(kernel.op, {}).setdefault(key, []).append(types)
  if 'Conv2D' not in found:
    built = tf.sysconfig.get_build_info()['is_cuda_build']
    raise InputError(
      'This build of TensorFlow has no kernels for GPUs; expected the'
      " package 'tensorflow' for Linux."
      f' Received: is_cuda_build={built}'
    )
  return {
    op: [
      Kernel(types, list(host))
      for (names, host), kernels in sorted(found[op].items())
      for types in _merged(names, kernels)
    ]
    for op in sorted(found)
  }


def _merged(names: Sequence[str], kernels: list[dict]) -> list[dict]:
  """Merges kernels that differ in their only type."""
  if len(names) != 1:
    return sorted(kernels, key=str)
  (name,) = names
  return [{name: sorted({t for types in kernels for t in types[name]})}]


def kernels_text(kernels: Kernels) -> str:
  """Formats the table as the JSON of the package, one line an operation."""
  return (
    '{\n'
    + ',\n'.join(
      f'{json.dumps(op)}: {json.dumps(kernels[op])}' for op in kernels
    )
    + '\n}\n'
  )
