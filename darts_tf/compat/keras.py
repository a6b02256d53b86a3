"""Private parts of Keras.

Methods that Keras calls stay where Keras finds them: `Network` and
`PyTorchOptimizer` override those listed here as overridden.
"""

from collections.abc import Sequence
from typing import Any

import keras

from darts_tf.compat.private import Private

WRITTEN_FOR = 'Keras 3.15'

PRIVATE = (
  Private(
    WRITTEN_FOR,
    'keras:Model._maybe_symbolic_build',
    ('self', 'iterator', 'data_batch'),
    'models.network, which overrides and calls it: batches of several workers',
  ),
  Private(
    WRITTEN_FOR,
    'keras:Model._aggregate_additional_loss',
    ('self', 'loss'),
    'models.network, which counts the losses of layers once',
  ),
  Private(
    WRITTEN_FOR,
    'keras:optimizers.Optimizer._backend_apply_gradients',
    ('self', 'grads', 'trainable_variables'),
    'optimizers.pytorch, which overrides it: reduce, clip, decay, update',
  ),
  Private(
    WRITTEN_FOR,
    'keras:optimizers.Optimizer._clip_gradients',
    ('self', 'grads'),
    'optimizers.pytorch, which overrides it: the global norm over replicas',
  ),
  Private(
    WRITTEN_FOR,
    'keras:optimizers.Optimizer._use_weight_decay',
    ('self', 'variable'),
    'optimizers.pytorch, for variables that are left out',
  ),
  Private(
    WRITTEN_FOR,
    'keras:optimizers.Optimizer._get_variable_index',
    ('self', 'variable'),
    'optimizers.sgd and optimizers.adam, for the slots of a variable',
  ),
)
# What an optimizer has once it is built, used by optimizers.pytorch.
OPTIMIZER_ATTRIBUTES = (
  '_distribution_strategy',
  '_learning_rate',
  '_model_variables_moving_average',
  '_trainable_variables',
)


def additional_loss(model: keras.Model, loss: Any) -> Any:
  """Returns a layer's own loss as Keras adds it to the total."""
  return model._aggregate_additional_loss(loss)


def strategy_of(optimizer: keras.optimizers.Optimizer) -> Any:
  """Returns the strategy in whose scope an optimizer was made."""
  return optimizer._distribution_strategy


def variables_and_averages(
  optimizer: keras.optimizers.Optimizer,
) -> tuple[Sequence[keras.Variable], Sequence[keras.Variable]]:
  """Returns the variables of an optimizer with `use_ema`, and their averages.

  Args:
    optimizer: a built one.
  """
  return (
    optimizer._trainable_variables,
    optimizer._model_variables_moving_average,
  )


def decays(optimizer: keras.optimizers.Optimizer, variable: Any) -> bool:
  """Whether a variable takes part in weight decay."""
  return optimizer._use_weight_decay(variable)


def slot_index(optimizer: keras.optimizers.Optimizer, variable: Any) -> int:
  """Returns the position of a variable's slots in their lists."""
  return optimizer._get_variable_index(variable)
