"""Adam."""

from collections.abc import Callable

import keras
import tensorflow as tf

from darts_tf.compat.keras import slot_index
from darts_tf.optimizers.check import in_range
from darts_tf.optimizers.pytorch import PyTorchOptimizer


@keras.saving.register_keras_serializable(package='darts_tf')
class Adam(PyTorchOptimizer):
  """The Adam of PyTorch (arXiv:1412.6980, algorithm 1), with coupled decay.

  g <- g + lambda w
  m <- beta_1 m + (1 - beta_1) g
  v <- beta_2 v + (1 - beta_2) g^2
  w <- w - lr / (1 - beta_1^t) m / (sqrt(v / (1 - beta_2^t)) + epsilon)

  The Adam of Keras adds epsilon before the root is corrected for bias, and
  its weight decay is apart from the gradient.

  Args:
    learning_rate: lr.
    beta_1: decay of the first moment.
    beta_2: decay of the second moment.
    epsilon: added to the corrected root.
    name: the optimizer's name.
    **kwargs: the other arguments of `PyTorchOptimizer`: weight_decay (the
      lambda above), clip_norm, reduce_gradients, and those of averages.
  """

  def __init__(
    self,
    learning_rate: float | Callable = 1e-3,
    beta_1: float = 0.9,
    beta_2: float = 0.999,
    epsilon: float = 1e-8,
    name: str = 'adam',
    **kwargs,
  ):
    super().__init__(learning_rate, name=name, **kwargs)
    self.beta_1 = in_range('beta_1', beta_1, below=1.0)
    self.beta_2 = in_range('beta_2', beta_2, below=1.0)
    self.epsilon = in_range('epsilon', epsilon)
    self._first_moments = []
    self._second_moments = []

  def build(self, variables):
    """Creates the moments.

    Args:
      variables: all variables that `apply` will be given.
    """
    if self.built:
      return
    super().build(variables)
    self._first_moments, self._second_moments = self.add_optimizer_variables(
      variables, ['first_moment', 'second_moment']
    )

  def update_step(self, gradient, variable, learning_rate):
    """Updates one variable and its moments.

    Args:
      gradient: reduced, clipped and with weight decay.
      variable: the variable.
      learning_rate: a scalar tensor.
    """
    index = slot_index(self, variable)
    first, second = self._first_moments[index], self._second_moments[index]
    m = (
      self.beta_1 * tf.convert_to_tensor(first) + (1.0 - self.beta_1) * gradient
    )
    v = self.beta_2 * tf.convert_to_tensor(second) + (
      1.0 - self.beta_2
    ) * tf.square(gradient)
    self.assign(first, m)
    self.assign(second, v)
    # In float64, as PyTorch has them: in float32 the first 1 - beta_2^t
    # would be off by 5e-5.
    t = tf.cast(self.iterations + 1, tf.float64)
    bias_1 = 1.0 - tf.pow(tf.constant(self.beta_1, tf.float64), t)
    bias_2 = 1.0 - tf.pow(tf.constant(self.beta_2, tf.float64), t)
    rate = tf.cast(tf.cast(learning_rate, tf.float64) / bias_1, variable.dtype)
    root = tf.sqrt(v) / tf.cast(tf.sqrt(bias_2), variable.dtype)
    self.assign_sub(variable, rate * m / (root + self.epsilon))

  def get_config(self) -> dict:
    """Returns the arguments of the constructor."""
    return {
      **super().get_config(),
      'beta_1': self.beta_1,
      'beta_2': self.beta_2,
      'epsilon': self.epsilon,
    }
