"""A check, before the first step, that a run will fit into memory."""

from collections.abc import Callable

import tensorflow as tf

from darts_tf.analysis.graph_memory import GraphMemory, graph_memory
from darts_tf.config.errors import OutOfMemoryError
from darts_tf.runs.run_config import RunConfig
from darts_tf.system.memory import available_memory_mib

# An estimate may differ from a measurement by this factor.
_TOLERANCE = 1.25


def check_memory(
  build_graph: Callable[[], tf.Graph],
  config: RunConfig,
  budget: float | None = None,
) -> str:
  """Estimates the memory of a step.

  Args:
    build_graph: returns the graph of a step, as it will run; not called
      where no estimate is possible.
    config: of the run.
    budget: MiB that it may take, if it is not all that is free.

  Returns:
    A line about it; empty where no estimate is possible: on GPUs, of several
    workers, or if the system does not tell its free memory.

  Raises:
    OutOfMemoryError: if the step cannot fit, with a batch size that would.
  """
  available = budget or available_memory_mib()
  if (
    available is None
    or config.strategy == 'multi_worker'
    or tf.config.list_physical_devices('GPU')
  ):
    return ''
  memory = graph_memory(build_graph())
  if memory is None:
    return ''
  return judge(memory, available, config.batch_size)


def judge(memory: GraphMemory, available: float, batch_size: int) -> str:
  """Compares an estimate with the memory that is available.

  Args:
    memory: the estimate, at this batch size.
    available: in MiB.
    batch_size: images of a step.

  Returns:
    A line that says both.

  Raises:
    OutOfMemoryError: if even four fifths of the estimate are too much.
  """
  fixed, activations = (n / 2**20 for n in memory)
  needed = fixed + activations
  if needed > _TOLERANCE * available:
    fitting = int(batch_size * (available - fixed) / activations)
    advice = (
      f'a batch size of {fitting} would fit'
      if fitting > 0
      else 'fewer cells or channels would'
    )
    raise OutOfMemoryError(
      f'A step needs about {needed:,.0f} MiB of memory and there are'
      f' {available:,.0f} MiB; expected a smaller network: {advice}.'
      f' Received: batch_size={batch_size}'
    )
  line = f'about {needed:,.0f} MiB of {available:,.0f} MiB that are free'
  if needed > available:
    line += '; it may not fit'
  return line
