"""Algebra of lists of tensors."""

from collections.abc import Sequence

import tensorflow as tf

from darts_tf.graph.constants import constant


def wide(dtype: tf.DType) -> tf.DType:
  """Returns the dtype of sums and norms: float32 or higher."""
  return tf.float64 if dtype == tf.float64 else tf.float32


def scalar(value: float | tf.Tensor, dtype: tf.DType) -> tf.Tensor:
  """Returns a number in a dtype; Python numbers are not rounded on the way.

  Args:
    value: a Python number, a scalar tensor or a scalar variable.
    dtype: the dtype of the result.

  Returns:
    A scalar tensor.
  """
  if isinstance(value, int | float):
    return constant(value, dtype)
  return tf.cast(value, dtype)


def as_tensors(values: Sequence) -> list[tf.Tensor]:
  """Returns tensors of tensors, variables or arrays."""
  return [tf.convert_to_tensor(value) for value in values]


def after(
  tensors: Sequence[tf.Tensor], others: Sequence[tf.Tensor]
) -> list[tf.Tensor]:
  """Makes tensors wait until others have been computed.

  In a graph, passes that do not need each other's results would run at the
  same time, and hold the activations of all of them. A control dependency
  prevents that.

  Args:
    tensors: a list of tensors.
    others: the tensors that come first.

  Returns:
    The tensors.
  """
  with tf.control_dependencies(list(others)):
    return [tf.identity(tensor) for tensor in tensors]


def dense(
  gradients: Sequence[tf.Tensor | tf.IndexedSlices | None],
  like: Sequence[tf.Tensor],
) -> list[tf.Tensor]:
  """Replaces a missing gradient by zeros and a sparse one by a dense one.

  Args:
    gradients: the result of `tf.GradientTape.gradient`.
    like: the sources, in the same order.

  Returns:
    One dense tensor a source, with the source's shape.
  """
  return [
    tf.zeros_like(source)
    if gradient is None
    else tf.convert_to_tensor(gradient)
    for gradient, source in zip(gradients, like, strict=True)
  ]


def axpy(
  scale: float | tf.Tensor, x: Sequence[tf.Tensor], y: Sequence[tf.Tensor]
) -> list[tf.Tensor]:
  """Returns scale x + y, tensor by tensor, in the dtypes of y.

  Half precision is computed in float32 and rounded once.

  Args:
    scale: a scalar.
    x: a list of tensors.
    y: a list of tensors of the same shapes.

  Returns:
    A list of tensors.
  """
  result = []
  for a, b in zip(x, y, strict=True):
    dtype = wide(b.dtype)
    total = scalar(scale, dtype) * tf.cast(a, dtype) + tf.cast(b, dtype)
    result.append(tf.cast(total, b.dtype))
  return result


def global_norm(tensors: Sequence[tf.Tensor]) -> tf.Tensor:
  """Returns the Euclidean norm of all the tensors concatenated.

  Args:
    tensors: a list of tensors, not empty.

  Returns:
    A scalar of the widest dtype among them, float32 at least.
  """
  return tf.sqrt(inner_product(tensors, tensors))


def scaled(scale: float | tf.Tensor, x: Sequence[tf.Tensor]) -> list[tf.Tensor]:
  """Returns scale x, tensor by tensor, in the dtypes of x.

  Args:
    scale: a scalar.
    x: a list of tensors.

  Returns:
    A list of tensors.
  """
  result = []
  for a in x:
    dtype = wide(a.dtype)
    result.append(tf.cast(scalar(scale, dtype) * tf.cast(a, dtype), a.dtype))
  return result


def inner_product(x: Sequence[tf.Tensor], y: Sequence[tf.Tensor]) -> tf.Tensor:
  """Returns the inner product of lists of tensors, all concatenated.

  Args:
    x: a list of tensors, not empty.
    y: a list of tensors of the same shapes.

  Returns:
    A scalar of the widest dtype among them, float32 at least.
  """
  dtype = _widest([*x, *y])
  return tf.add_n(
    [
      tf.reduce_sum(tf.cast(a, dtype) * tf.cast(b, dtype))
      for a, b in zip(x, y, strict=True)
    ]
  )


def ratio(numerator: tf.Tensor, denominator: tf.Tensor) -> tf.Tensor:
  """Returns numerator / denominator, and 0 where the denominator is 0."""
  return tf.math.divide_no_nan(numerator, denominator)


def _widest(tensors: Sequence[tf.Tensor]) -> tf.DType:
  dtypes = [wide(tensor.dtype) for tensor in tensors]
  return tf.float64 if tf.float64 in dtypes else tf.float32
