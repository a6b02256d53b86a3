"""First derivatives of a loss, and their derivatives along a direction."""

from collections.abc import Callable, Sequence

import tensorflow as tf

from darts_tf.architecture_gradient import tensors as algebra

Tensors = list[tf.Tensor]


def value_and_gradients(
  loss: Callable[[], tf.Tensor], sources: Sequence[tf.Tensor]
) -> tuple[tf.Tensor, Tensors]:
  """Returns a loss and its gradients by tensors that it closes over.

  Only the sources are watched: what is not asked for costs no backward
  pass.

  Args:
    loss: a pure function without arguments.
    sources: the tensors, as `loss` uses them.

  Returns:
    The loss, and one dense gradient a source.
  """
  with tf.GradientTape(watch_accessed_variables=False) as tape:
    tape.watch(sources)
    value = loss()
  gradients = tape.gradient(value, sources)
  return value, algebra.dense(gradients, sources)


def directional_derivative(
  function: Callable[[Tensors], Tensors],
  point: Tensors,
  direction: Tensors,
  radius: float,
) -> Tensors:
  """Returns J d, the derivative of a function along a direction.

  J d = [f(x + eps d) - f(x - eps d)] / (2 eps),  eps = radius / |d|,
  with the norm over all of d (arXiv:1806.09055, equation 8 and the text
  below it). Along zero the derivative is zero. Differences are taken in
  float32 at least.

  If f is a gradient by w this is a Hessian-vector product, if f is a
  gradient by alpha the mixed product.

  Args:
    function: f, a pure function of a list of tensors.
    point: x.
    direction: d, shaped like x; equal on all replicas, since eps is not
      linear in it.
    radius: the length of eps d.

  Returns:
    A list of tensors shaped like the results of f.
  """
  norm = algebra.global_norm(direction)
  defined = norm > 0
  epsilon = tf.cast(radius, norm.dtype) / tf.where(
    defined, norm, tf.ones_like(norm)
  )
  ahead = function(algebra.axpy(epsilon, direction, point))
  behind = function(
    algebra.after(algebra.axpy(-epsilon, direction, point), ahead)
  )
  result = []
  for plus, minus in zip(ahead, behind, strict=True):
    dtype = algebra.wide(plus.dtype)
    difference = tf.cast(plus, dtype) - tf.cast(minus, dtype)
    quotient = difference / (2 * tf.cast(epsilon, dtype))
    quotient = tf.where(defined, quotient, tf.zeros_like(quotient))
    result.append(tf.cast(quotient, plus.dtype))
  return result
