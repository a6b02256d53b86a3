"""Private parts of Keras Tuner.

Methods that Keras Tuner calls stay where it finds them: the oracles of
`tuner.oracle` override those listed here as overridden.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import keras_tuner

from darts_tf.compat.private import Private

WRITTEN_FOR = 'Keras Tuner 1.4.8'

_HAS_CHIEF = Private(
  WRITTEN_FOR,
  'keras_tuner.src.distribute.utils:has_chief_oracle',
  (),
  'tuner.chief, to tell a worker from a run in one process',
)
_IS_CHIEF = Private(
  WRITTEN_FOR,
  'keras_tuner.src.distribute.utils:is_chief_oracle',
  (),
  'tuner.chief, to tell the chief from its workers',
)

PRIVATE = (
  _HAS_CHIEF,
  _IS_CHIEF,
  Private(
    WRITTEN_FOR,
    'keras_tuner:Oracle._compute_values_hash',
    ('self', 'values'),
    'tuner.oracle, which overrides it: an architecture is tried once',
  ),
  Private(
    WRITTEN_FOR,
    'keras_tuner:Oracle._check_consecutive_failures',
    ('self',),
    'tuner.oracle, which overrides it: it is called with the lock held',
  ),
  Private(
    WRITTEN_FOR,
    'keras_tuner:oracles.HyperbandOracle._random_values',
    ('self',),
    'tuner.oracle, which overrides it: proposals begin a bracket',
  ),
  Private(
    WRITTEN_FOR,
    'keras_tuner:Oracle._duplicate',
    ('self', 'values'),
    'tuner.oracle, for what was tried before',
  ),
  Private(
    WRITTEN_FOR,
    'keras_tuner:Oracle._get_trial_dir',
    ('self', 'trial_id'),
    'tuner.oracle, for what searches have found',
  ),
  Private(
    WRITTEN_FOR,
    'keras_tuner:Oracle._project_dir',
    None,
    'tuner.oracle, to name the directory of another run',
  ),
  Private(
    WRITTEN_FOR,
    'keras_tuner:Tuner._deepcopy_callbacks',
    ('self', 'callbacks'),
    'tuner.tuner, for callbacks of each trial',
  ),
  Private(
    WRITTEN_FOR,
    'keras_tuner:Tuner._configure_tensorboard_dir',
    ('self', 'callbacks', 'trial', 'execution'),
    'tuner.tuner, for the logs of each trial',
  ),
)
# What an oracle has, used and set by tuner.oracle.
ORACLE_ATTRIBUTES = ('_seed_state',)


def has_chief() -> bool:
  """Whether the process belongs to a distributed run.

  Raises:
    RuntimeError: if the variables of such a run are incomplete.
  """
  return _HAS_CHIEF.get()()


def is_chief() -> bool:
  """Whether the process hands out the trials of a distributed run."""
  return _IS_CHIEF.get()()


def is_duplicate(oracle: keras_tuner.Oracle, values: Mapping[str, Any]) -> bool:
  """Whether an oracle has tried values before; if not, it notes them."""
  return oracle._duplicate(values)


def trial_directory(oracle: keras_tuner.Oracle, trial_id: str) -> str:
  """Returns the directory of a trial."""
  return oracle._get_trial_dir(trial_id)


def project_directory(oracle: keras_tuner.Oracle) -> str:
  """Returns the directory of all trials."""
  return oracle._project_dir


def callbacks_of_trial(
  tuner: keras_tuner.Tuner,
  callbacks: Sequence[keras.callbacks.Callback],
  trial: Any,
) -> list[keras.callbacks.Callback]:
  """Copies callbacks, so that a trial leaves no trace in the next one.

  Args:
    tuner: of the trial.
    callbacks: those of all trials; TensorBoard's writes into a directory of
      the trial's own.
    trial: whose callbacks the copies are.
  """
  callbacks = tuner._deepcopy_callbacks(list(callbacks))
  if any(isinstance(c, keras.callbacks.TensorBoard) for c in callbacks):
    # Asks for TensorBoard's package, whatever the callbacks are.
    tuner._configure_tensorboard_dir(callbacks, trial)
  return callbacks
