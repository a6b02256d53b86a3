"""A refusal in time, instead of a process killed for want of memory."""

import math
import os

from darts_tf.errors import InputError

MAX_SHARE = 0.6


def available_bytes() -> int | None:
  """Bytes of memory that can still be used; None where it is not known."""
  try:
    # Counts the file cache as available, which sysconf does not.
    with open('/proc/meminfo', encoding='ascii') as file:
      for line in file:
        if line.startswith('MemAvailable:'):
          return int(line.split()[1]) * 1024
  except OSError:
    # No /proc: ask the C library instead.
    return _sysconf_bytes()
  return _sysconf_bytes()


def _sysconf_bytes() -> int | None:
  names = getattr(os, 'sysconf_names', {})
  for pages in ('SC_AVPHYS_PAGES', 'SC_PHYS_PAGES'):
    if pages in names and 'SC_PAGE_SIZE' in names:
      return os.sysconf(pages) * os.sysconf('SC_PAGE_SIZE')
  return None


def check_memory(name: str, num_images: int, shape: tuple[int, ...]) -> None:
  """Refuses images that would take over 60 % of the available memory.

  Args:
    name: the name of the data set, for the message.
    num_images: how many images are to be held.
    shape: (height, width, channels) of each; one byte a value.

  Raises:
    InputError: if they are too many or too large; it suggests a smaller
      image size.
  """
  available = available_bytes()
  if available is None:
    return
  needed = num_images * math.prod(shape)
  allowed = MAX_SHARE * available
  if needed <= allowed:
    return
  fits = int(math.sqrt(allowed / (num_images * shape[-1])))
  raise InputError(
      f'The images need {needed / 1e9:.3g} GB of the {available / 1e9:.3g} GB'
      f' of memory available; expected at most {MAX_SHARE:.0%}: pass a smaller'
      f' image_size, at most {max(fits, 1)}.'
      f' Received: dataset={name!r}, num_images={num_images}, shape={shape}'
  )
