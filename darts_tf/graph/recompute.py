"""Activations that are computed again for gradients instead of kept."""

from collections.abc import Callable, Sequence

import tensorflow as tf

from darts_tf.graph.custom_gradient import custom_gradient


def recomputed(
  function: Callable[..., tf.Tensor],
  again: Callable[..., tf.Tensor],
  *arguments: tf.Tensor,
) -> tf.Tensor:
  """Computes a function of which only arguments are kept for gradients.

  The gradient computes the function once more (arXiv:1604.06174).

  Args:
    function: differentiable by its arguments only.
    again: the same for gradients, without side effects.
    *arguments: of the function.

  Returns:
    The output.
  """

  @custom_gradient
  def call(*arguments):
    return function(*arguments), lambda upstream: recomputed_gradients(
      lambda values: again(*values), arguments, upstream
    )

  return call(*arguments)


def recomputed_gradients(
  function: Callable[[list[tf.Tensor]], tf.Tensor],
  arguments: Sequence[tf.Tensor],
  upstream: tf.Tensor,
) -> list[tf.Tensor]:
  """Computes a function again and returns its gradients.

  Args:
    function: of the list of arguments.
    arguments: by which it is differentiated.
    upstream: the gradient by its output, before which nothing is computed.
  """
  with tf.control_dependencies([upstream]):
    again = [tf.identity(argument) for argument in arguments]
  with tf.GradientTape(watch_accessed_variables=False) as tape:
    tape.watch(again)
    output = function(again)
  return tape.gradient(
    output,
    again,
    output_gradients=upstream,
    unconnected_gradients=tf.UnconnectedGradients.ZERO,
  )
