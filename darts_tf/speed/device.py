"""The device of a measurement, and the memory that it has needed there."""

from typing import Any

import tensorflow as tf

from darts_tf.system.memory_meter import peak_device_memory_mib


def device_fields() -> dict[str, Any]:
  """Returns what a benchmark prints of the device.

  Returns:
    `device`, the name of the first GPU, or `CPU`; and `peak_device_mib`, the
    largest memory that tensors have had on the GPU, or `None`.
  """
  gpus = tf.config.list_physical_devices('GPU')
  peak = peak_device_memory_mib()
  if not gpus:
    return {'device': 'CPU', 'peak_device_mib': None}
  details = tf.config.experimental.get_device_details(gpus[0])
  return {
    'device': details.get('device_name', 'GPU'),
    'peak_device_mib': None if peak is None else round(peak),
  }
