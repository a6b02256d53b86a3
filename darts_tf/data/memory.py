"""A timely refusal of data sets that do not fit into memory."""

import math

from darts_tf.config.errors import OutOfMemoryError
from darts_tf.system.memory import free_memory_bytes as available_bytes

MAX_SHARE = 0.6
# The array, and the tensor that batches are taken from.
_COPIES = 2


def check_memory(name: str, num_images: int, shape: tuple[int, ...]) -> None:
  """Refuses images that would take over 60 % of the available memory.

  The array counts, and one copy from which batches are taken.

  Args:
    name: the name of the data set, for the message.
    num_images: number of images to be held.
    shape: (height, width, channels) of each; one byte a value.

  Raises:
    OutOfMemoryError: if they are too many or too large; it suggests a smaller
      image size.
  """
  available = available_bytes()
  if available is None:
    return
  needed = _COPIES * num_images * math.prod(shape)
  allowed = MAX_SHARE * available
  if needed <= allowed:
    return
  fits = int(math.sqrt(allowed / (_COPIES * num_images * shape[-1])))
  raise OutOfMemoryError(
    f'The images need {needed / 1e9:.3g} GB of the {available / 1e9:.3g} GB'
    f' of memory available; expected at most {MAX_SHARE:.0%}: pass a smaller'
    f' image_size, at most {max(fits, 1)}.'
    f' Received: dataset={name!r}, num_images={num_images}, shape={shape}'
  )
