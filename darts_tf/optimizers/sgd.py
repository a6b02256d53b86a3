"""Stochastic gradient descent."""

from collections.abc import Callable

import keras
import tensorflow as tf

from darts_tf.compat.keras import slot_index
from darts_tf.config.errors import InputError
from darts_tf.graph.constants import constant
from darts_tf.optimizers.check import in_range
from darts_tf.optimizers.pytorch import PyTorchOptimizer


@keras.saving.register_keras_serializable(package='darts_tf')
class SGD(PyTorchOptimizer):
  """The SGD of PyTorch: coupled weight decay, learning rate outside.

  g <- g + lambda w
  buf <- mu buf + g           (buf is zero before the first step)
  w <- w - lr buf             (Nesterov: w - lr (g + mu buf))

  The SGD of Keras has the learning rate inside the velocity, which differs
  as soon as the rate changes.

  Args:
    learning_rate: lr.
    momentum: mu; with 0 there are no buffers.
    nesterov: whether to look ahead; needs momentum.
    name: the optimizer's name.
    **kwargs: the other arguments of `PyTorchOptimizer`: weight_decay (the
      lambda above), clip_norm, reduce_gradients, and those of averages.

  Attributes:
    velocities: the buffers buf, in the order of the variables that `build`
      was given; empty without momentum.
  """

  def __init__(
    self,
    learning_rate: float | Callable = 0.025,
    momentum: float = 0.0,
    nesterov: bool = False,
    name: str = 'sgd',
    **kwargs,
  ):
    super().__init__(learning_rate, name=name, **kwargs)
    self.momentum = in_range('momentum', momentum, below=1.0)
    self.nesterov = bool(nesterov)
    self.velocities = []
    if self.nesterov and not self.momentum:
      raise InputError(
        'Nesterov looks ahead along the momentum; expected momentum above'
        f' 0. Received: momentum={momentum!r}'
      )

  def build(self, variables):
    """Creates the momentum buffers.

    Args:
      variables: all variables that `apply` will be given.
    """
    if self.built:
      return
    super().build(variables)
    if self.momentum:
      self.velocities = self.add_optimizer_variables(variables, 'velocity')

  def update_step(self, gradient, variable, learning_rate):
    """Updates one variable and its buffer.

    Args:
      gradient: reduced, clipped and with weight decay.
      variable: the variable.
      learning_rate: a scalar tensor.
    """
    rate = tf.cast(learning_rate, variable.dtype)
    if not self.momentum:
      self.assign_sub(variable, rate * gradient)
      return
    velocity = self.velocities[slot_index(self, variable)]
    # One operation for both assignments.
    tf.raw_ops.ResourceApplyMomentum(
      var=variable.handle,
      accum=velocity.value.handle,
      lr=rate,
      grad=gradient,
      momentum=constant(self.momentum, variable.dtype),
      use_nesterov=self.nesterov,
    )

  def get_config(self) -> dict:
    """Returns the arguments of the constructor."""
    return {
      **super().get_config(),
      'momentum': self.momentum,
      'nesterov': self.nesterov,
    }
