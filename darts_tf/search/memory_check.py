"""Whether a search will fit into memory, said before its first step."""

import tensorflow as tf

from darts_tf.analysis.graph_memory import GraphMemory, graph_memory
from darts_tf.errors import InputError
from darts_tf.memory import available_memory_mib
from darts_tf.run_data import distribute
from darts_tf.search.builder import SearchParts

# How far an estimate may be from what is measured.
_TOLERANCE = 1.25


def check_memory(parts: SearchParts) -> str:
  """Estimates the memory of a step; builds its graph, which steps then use.

  Args:
    parts: the search.

  Returns:
    A line about it; empty where nothing can be said: on GPUs, of several
    workers, or if the system does not tell what is free.

  Raises:
    InputError: if the step cannot fit, with a batch size that would.
  """
  available = available_memory_mib()
  if (available is None or parts.config.strategy == 'multi_worker'
      or tf.config.list_physical_devices('GPU')):
    return ''
  streams = [s for s in (parts.weight_stream, parts.architecture_stream) if s]
  batches = [next(iter(distribute(s, parts.strategy, 0, 1))) for s in streams]
  memory = graph_memory(parts.step.search_graph(batches[0], batches[-1]))
  if memory is None:
    return ''
  return judge(memory, available, parts.config.batch_size)


def judge(memory: GraphMemory, available: float, batch_size: int) -> str:
  """Compares an estimate with what there is.

  Args:
    memory: the estimate, at this batch size.
    available: in MiB.
    batch_size: images of a step.

  Returns:
    A line that says both.

  Raises:
    InputError: if even four fifths of the estimate are too much.
  """
  fixed, activations = (n / 2**20 for n in memory)
  needed = fixed + activations
  if needed > _TOLERANCE * available:
    fitting = int(batch_size * (available - fixed) / activations)
    advice = (f'a batch size of {fitting} would fit' if fitting > 0
              else 'fewer cells or channels would')
    raise InputError(
        f'A step needs about {needed:,.0f} MiB of memory and there are'
        f' {available:,.0f} MiB; expected a smaller search: {advice}.'
        f' Received: batch_size={batch_size}')
  line = f'about {needed:,.0f} MiB of {available:,.0f} MiB that are free'
  if needed > available:
    line += '; it may not fit'
  return line
