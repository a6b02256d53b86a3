"""Functions that TensorFlow calls, and does not inline."""

from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf


def called(
  function: Callable[..., Any], signature: Sequence[tf.TensorSpec] | None = None
) -> Callable[..., Any]:
  """Returns a function whose operations are not those of the graph around it.

  Args:
    function: of tensors.
    signature: shape and type of each argument. With it the function is traced
      now; without it when it is called, for any arguments.
  """
  result = tf.function(
    function,
    autograph=False,
    input_signature=signature,
    experimental_attributes={'_noinline': True},
  )
  return result if signature is None else result.get_concrete_function()
