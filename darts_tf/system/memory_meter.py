"""The memory that a process takes after a measurement begins."""

import tensorflow as tf

from darts_tf.compat.tensorflow import gpu_memory_bytes
from darts_tf.config.errors import InputError
from darts_tf.system.memory import (
  available_memory_mib,
  peak_memory_mib,
  resident_memory_mib,
)

# Device to the largest peak of its allocator so far, in MiB. The allocator
# belongs to the process, and forgets its peaks when a meter restarts.
_largest: dict[str, float] = {}


class MemoryMeter:
  """Measures the memory of steps, on a GPU or on a CPU.

  TensorFlow's allocators keep freed memory for later, so the size of the
  process does not fall again. On a CPU, the meter therefore subtracts the
  memory that the allocator keeps without using it:

      used = resident - (largest peak so far - peak)

  The peak is the allocator's peak since `restart`. The result is the growth
  of `used` since the beginning, when the memory that the allocator held takes
  the place of the peak. On a GPU, the result is the growth of the allocator's
  peak alone. If the allocator does not count its memory, the result is the
  growth of the process' own peak, which never falls.
  """

  def __init__(self):
    on_gpu = bool(tf.config.list_physical_devices('GPU'))
    self._device = 'GPU:0' if on_gpu else 'CPU:0'
    self._held = 0.0
    self._tells = self._info() is not None
    self.restart()
    self._held = self._used('current')

  def restart(self) -> None:
    """Forgets peaks; the next ones count from here."""
    if self._tells:
      _largest[self._device] = self._largest()
      tf.config.experimental.reset_memory_stats(self._device)

  def used_mib(self) -> float:
    """Returns the peak since `restart`, in MiB."""
    return self._used('peak') - self._held

  def held_mib(self) -> float | None:
    """Returns the memory held now, in MiB; `None` if nobody can tell."""
    return self._used('current') - self._held if self._tells else None

  def _used(self, which: str) -> float:
    if not self._tells:
      return peak_memory_mib()
    info = self._info()
    if self._device == 'GPU:0':
      return info[which]
    unused = self._largest() - info[which]
    return resident_memory_mib() - unused

  def _largest(self) -> float:
    """Returns the largest peak of the allocator so far, in MiB."""
    return max(_largest.get(self._device, 0.0), self._info()['peak'])

  def _info(self) -> dict[str, float] | None:
    """Returns the memory that the allocator holds, and its peak, in MiB."""
    try:
      info = tf.config.experimental.get_memory_info(self._device)
    except (ValueError, tf.errors.OpError):
      return None  # This build of TensorFlow does not count.
    return {name: size / 2**20 for name, size in info.items()}


def memory_budget_mib(given: float | None = None) -> float:
  """Returns the memory that steps may take in addition, in MiB.

  Args:
    given: the user's choice; by default the memory that is free on a GPU,
      or else on the machine.

  Raises:
    InputError: if there is no choice and the system does not tell.
  """
  free = given or _free_device_memory_mib() or available_memory_mib()
  if free is None:
    raise InputError(
      'This system does not tell what memory is free; expected'
      f' memory_budget in MiB. Received: memory_budget={given}'
    )
  return free


def _free_device_memory_mib() -> float | None:
  total = device_memory_mib()
  if total is None:
    return None
  held = tf.config.experimental.get_memory_info('GPU:0')['current']
  return total - held / 2**20


def device_memory_mib() -> float | None:
  """Returns the MiB that TensorFlow may take of a GPU; `None` without one."""
  if not tf.config.list_physical_devices('GPU'):
    return None
  return gpu_memory_bytes() / 2**20


def peak_device_memory_mib() -> float | None:
  """Returns the largest memory of tensors on the first GPU so far, in MiB.

  Returns:
    `None` without a GPU, and where its allocator does not count.
  """
  if not tf.config.list_physical_devices('GPU'):
    return None
  try:
    info = tf.config.experimental.get_memory_info('GPU:0')
  except (ValueError, tf.errors.OpError):
    return None
  return info['peak'] / 2**20
