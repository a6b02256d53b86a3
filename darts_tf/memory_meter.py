"""What a process takes beyond what it held when measuring began."""

import tensorflow as tf

from darts_tf.memory import peak_memory_mib, resident_memory_mib


class MemoryMeter:
  """Measures the memory of steps, on a GPU or on a CPU.

  TensorFlow's allocators keep what was freed for later, so the size of the
  process does not fall again. What counts is the process' growth, less what
  its allocator keeps without using it:

      used = (resident - held) - (largest peak so far - peak)

  with the allocator's peaks since `restart`. On a GPU it is that peak
  alone. Where the allocator does not tell, it is the process' own peak.
  """

  def __init__(self):
    on_gpu = bool(tf.config.list_physical_devices('GPU'))
    self._device = 'GPU:0' if on_gpu else 'CPU:0'
    self._held = 0. if on_gpu else resident_memory_mib()
    self._largest = 0.
    self._tells = self._peak() is not None
    self.restart()

  def restart(self) -> None:
    """Forgets peaks; the next ones are of what follows."""
    if self._tells:
      self._largest = max(self._largest, self._peak())
      tf.config.experimental.reset_memory_stats(self._device)

  def used_mib(self) -> float:
    """Returns the peak since `restart`, in MiB."""
    if not self._tells:
      return peak_memory_mib() - self._held
    peak = self._peak()
    if self._device == 'GPU:0':
      return peak
    unused = max(self._largest, peak) - peak
    return resident_memory_mib() - self._held - unused

  def _peak(self) -> float | None:
    try:
      info = tf.config.experimental.get_memory_info(self._device)
    except (ValueError, tf.errors.OpError):
      return None  # This build of TensorFlow does not count.
    return info['peak'] / 2**20


def device_memory_mib() -> float | None:
  """Returns what TensorFlow may take of the first GPU; `None` without one."""
  if not tf.config.list_physical_devices('GPU'):
    return None
  from tensorflow.python.client import device_lib
  return next(
      device.memory_limit / 2**20 for device in device_lib.list_local_devices()
      if device.device_type == 'GPU')
