"""Messages between the workers of a run, outside of its steps."""

import contextlib
import hashlib
from collections.abc import Iterable, Iterator

import numpy as np
import tensorflow as tf

from darts_tf.config.errors import ResourceError
from darts_tf.distribution.cluster import Cluster, cluster_from_environment
from darts_tf.distribution.rendezvous import listening
from darts_tf.runs.checkpoint import Checkpoint, CheckpointStore
from darts_tf.runs.workdir import WorkDir

# A collective raises these when a participant is gone. The last three have
# other causes, too.
_UNREACHABLE = (
  tf.errors.AbortedError,
  tf.errors.DeadlineExceededError,
  tf.errors.UnavailableError,
)
_LOST = (
  *_UNREACHABLE,
  tf.errors.CancelledError,
  tf.errors.FailedPreconditionError,
  tf.errors.InternalError,
)


def cluster_of(strategy: tf.distribute.Strategy) -> Cluster | None:
  """Returns the workers under a strategy; `None` if it has one process."""
  resolver = getattr(strategy, 'cluster_resolver', None)
  if resolver is None or not resolver.cluster_spec().as_dict():
    return None
  return cluster_from_environment()


def is_chief(strategy: tf.distribute.Strategy) -> bool:
  """Returns whether this process reads and writes the run's files."""
  cluster = cluster_of(strategy)
  return cluster is None or cluster.index == 0


def latest_checkpoint(
  strategy: tf.distribute.Strategy, workdir: WorkDir | None
) -> tuple[Checkpoint | None, list[str]]:
  """Reads the newest checkpoint of a run on the chief, for all workers.

  Args:
    strategy: of the run.
    workdir: of the run; `None` on a worker that is not the chief.

  Returns:
    The checkpoint, if there is one, and warnings on the way to it.
  """
  checkpoint, warnings = None, []
  if workdir is not None:
    store = CheckpointStore(workdir.checkpoints_path)
    checkpoint, warnings = store.latest(), store.warnings
  if cluster_of(strategy) is None:
    return checkpoint, warnings
  data = share_bytes(
    strategy, workdir is not None, checkpoint and checkpoint.to_bytes()
  )
  if workdir is None and data is not None:
    checkpoint = Checkpoint.from_bytes(data)
  return checkpoint, warnings


def share_flag(strategy: tf.distribute.Strategy, value: bool) -> bool:
  """Returns the chief's value on all workers.

  Args:
    strategy: of the run.
    value: on the chief, the value to share; ignored elsewhere.
  """
  cluster = cluster_of(strategy)
  if cluster is None:
    return value
  return bool(
    share_bytes(strategy, cluster.index == 0, b'1' if value else None)
  )


def share_bytes(
  strategy: tf.distribute.Strategy, here: bool, data: bytes | None
) -> bytes | None:
  """Gives one worker's bytes to all.

  Args:
    strategy: of the run, with several workers.
    here: whether this is the worker that has them.
    data: its bytes, or `None`; ignored elsewhere.

  Returns:
    That worker's `data`, on every worker.
  """
  size = int(
    _sum(
      strategy,
      np.array([-1 if data is None else len(data)] if here else [0], np.int64),
    )[0]
  )
  if size < 0:
    return None
  # Words of 8 bytes travel as a sum to which the others add zero.
  words = np.zeros(-(-size // 8), np.int64)
  if here:
    words.view(np.uint8)[:size] = np.frombuffer(data, np.uint8)
  return _sum(strategy, words).tobytes()[:size]


def check_agreement(
  strategy: tf.distribute.Strategy, arrays: Iterable[np.ndarray]
) -> None:
  """Checks that all workers hold the same bits.

  Args:
    strategy: of the run.
    arrays: this worker's.

  Raises:
    RuntimeError: if they do not.
  """
  cluster = cluster_of(strategy)
  if cluster is None:
    return
  digest = hashlib.sha256()
  for array in arrays:
    digest.update(np.ascontiguousarray(array).tobytes())
  # Sums of 32 bits that cannot overflow.
  words = np.frombuffer(digest.digest(), np.uint32).astype(np.int64)
  if (_sum(strategy, words) != len(cluster.addresses) * words).any():
    raise RuntimeError(
      'The workers no longer hold the same architecture parameters'
    )


@contextlib.contextmanager
def explain_lost_workers(strategy: tf.distribute.Strategy) -> Iterator[None]:
  """Says in one line that another worker is gone.

  Args:
    strategy: of the run.

  Raises:
    ResourceError: in place of TensorFlow's error.
  """
  cluster = cluster_of(strategy)
  try:
    yield
  except _LOST as error:
    gone = (
      []
      if cluster is None
      else [
        cluster.name(i)
        for i in range(len(cluster.addresses))
        if i != cluster.index and not listening(cluster, i)
      ]
    )
    if cluster is None or not gone and not isinstance(error, _UNREACHABLE):
      raise
    raise ResourceError(
      'Another worker stopped or can no longer be reached; expected all to'
      ' run to the end: start the same command again on each of them, and'
      ' the run continues after its last whole epoch.'
      f' Received: {", ".join(gone) or "a lost connection"}'
    ) from error


def _sum(strategy: tf.distribute.Strategy, values: np.ndarray) -> np.ndarray:
  """Sums an array of one shape over workers."""
  with tf.device('CPU:0'):
    values = tf.constant(values)
  return strategy.reduce(tf.distribute.ReduceOp.SUM, values, axis=None).numpy()
