"""The common base of the PyTorch-equivalent optimizers."""

from collections.abc import Callable, Sequence

import keras
import tensorflow as tf

from darts_tf.compat.keras import decays, strategy_of, variables_and_averages
from darts_tf.compat.tensorflow import merge_call
from darts_tf.distribution.replicas import sum_over_replicas
from darts_tf.graph.constants import constant
from darts_tf.optimizers.check import in_range
from darts_tf.optimizers.clip import clip_by_global_norm


class PyTorchOptimizer(keras.optimizers.Optimizer):
  """A Keras optimizer whose step is: reduce, clip, decay, update.

  Keras clips the gradients of each replica and sums afterwards, and it decays
  weights apart from the gradient. Here the gradients are first summed over
  replicas, then clipped by their global norm, and weight decay is coupled:
  it is added to the gradient, g + lambda w, before momentum or moments,
  for every variable given. So replicas give the result of one device on
  the global batch, and the numbers are those of `torch.optim`.

  The learning rate is held in float64, since 0.025 in float32 is off by
  1e-9; schedules of Keras compute in float32.

  `build` creates the slots. Call it outside a `tf.function`, in the scope
  of the strategy (`fit` does it by itself).

  Args:
    learning_rate: a number, a `LearningRateSchedule` of Keras or a
      function without arguments.
    weight_decay: lambda.
    clip_norm: the largest global norm of the gradients, or None.
    reduce_gradients: whether `apply` is given the gradients of each
      replica, to be summed; `fit` needs True. False if they are already
      those of the global batch.
    use_ema: whether to keep exponential moving averages of the variables.
    ema_momentum: weight of the past in these averages.
    ema_overwrite_frequency: number of steps after which the variables are
      set to their averages, or None: only when training ends.
    loss_scale_factor: factor by which `fit` multiplies the loss, so that
      gradients do not vanish in float16, and by which `apply` divides them;
      None for 1.
    name: the optimizer's name.
  """

  def __init__(
    self,
    learning_rate: float | Callable,
    weight_decay: float = 0.0,
    clip_norm: float | None = None,
    reduce_gradients: bool = True,
    use_ema: bool = False,
    ema_momentum: float = 0.99,
    ema_overwrite_frequency: int | None = None,
    loss_scale_factor: float | None = None,
    name: str | None = None,
  ):
    number = None
    if not callable(learning_rate):
      number = in_range('learning_rate', learning_rate)
    super().__init__(
      # Given a number, Keras would make a float32 variable of it.
      learning_rate=learning_rate if number is None else lambda: number,
      weight_decay=in_range('weight_decay', weight_decay),
      use_ema=use_ema,
      ema_momentum=ema_momentum,
      ema_overwrite_frequency=ema_overwrite_frequency,
      loss_scale_factor=loss_scale_factor,
      name=name,
    )
    if number is not None:
      self._learning_rate = self.add_variable(
        shape=(),
        dtype='float64',
        aggregation='only_first_replica',
        name='learning_rate',
      )
      self._learning_rate.assign(number)
    if clip_norm is not None:
      clip_norm = in_range('clip_norm', clip_norm, strict=True)
    self.clip_norm = clip_norm
    self.reduce_gradients = bool(reduce_gradients)

  # Keras calls the next two, which are private to it; see
  # `darts_tf.compat.keras`.

  def _clip_gradients(self, grads: Sequence) -> list[tf.Tensor]:
    if self.clip_norm is None:
      return list(grads)
    return clip_by_global_norm(grads, self.clip_norm)

  def _backend_apply_gradients(self, grads, trainable_variables):
    """Reduces, clips, and updates each variable where it lives."""
    grads = [tf.convert_to_tensor(gradient) for gradient in grads]
    if self.reduce_gradients:
      grads = sum_over_replicas(grads)
    rate = self.learning_rate
    if isinstance(rate, int | float):
      rate = tf.constant(rate, tf.float64)
    rate = tf.convert_to_tensor(rate)
    merge_call(
      self._update_all,
      strategy_of(self),
      self._clip_gradients(grads),
      _native(trainable_variables),
      rate,
    )

  def _update_all(self, strategy, grads, variables, rate):
    """Updates variables and averages; in cross-replica context."""
    for gradient, variable in zip(grads, variables, strict=True):
      strategy.extended.update(
        variable, self._update_one, args=(gradient, rate), group=False
      )
    if self.use_ema:
      for variable, average in zip(
        *map(_native, variables_and_averages(self)), strict=True
      ):
        strategy.extended.update(
          variable, self._average_one, args=(average,), group=False
        )

  def _update_one(self, variable, gradient, rate):
    gradient = tf.cast(gradient, variable.dtype)
    if self.weight_decay and decays(self, variable):
      gradient += constant(self.weight_decay, variable.dtype) * variable
    self.update_step(gradient, variable, rate)

  def _average_one(self, variable, average):
    # The first average is the variable itself, as in Keras.
    momentum = self.ema_momentum * tf.cast(
      tf.not_equal(self.iterations, 0), variable.dtype
    )
    value = average.assign(momentum * average + (1.0 - momentum) * variable)
    if self.ema_overwrite_frequency:
      due = tf.equal((self.iterations + 1) % self.ema_overwrite_frequency, 0)
      variable.assign(tf.where(due, value, variable))

  def get_config(self) -> dict:
    """Returns the arguments of the constructor."""
    config = super().get_config()
    for other in (
      'clipnorm',
      'global_clipnorm',
      'clipvalue',
      'gradient_accumulation_steps',
    ):
      del config[other]
    return {
      **config,
      'clip_norm': self.clip_norm,
      'reduce_gradients': self.reduce_gradients,
    }


def _native(variables: Sequence) -> list[tf.Variable]:
  """Returns the TensorFlow variables inside Keras variables."""
  return [
    variable.value if isinstance(variable, keras.Variable) else variable
    for variable in variables
  ]
