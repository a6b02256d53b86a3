"""A cell that computes its activations again instead of keeping them."""

from typing import Any

import keras
import tensorflow as tf

from darts_tf.graph.custom_gradient import custom_gradient
from darts_tf.graph.recompute import recomputed_gradients
from darts_tf.layers.batch_norm import frozen_averages


def call_rematerialized(
  layer: keras.layers.Layer, *arguments: Any, **keywords: Any
) -> tf.Tensor:
  """Calls a layer of which only inputs and output are kept for gradients.

  The backward pass computes the layer once more (arXiv:1604.06174): less
  memory for one forward pass more. Random draws are functions of the
  layer's state and come out the same.

  The gradient is a pass of its own inside the gradient, and cannot be
  differentiated again.

  Args:
    layer: a layer whose draws are functions of its state.
    *arguments: nested tensors, by which gradients may be taken.
    **keywords: other arguments of the call.

  Returns:
    The output, a tensor.
  """
  # What the variables are now: inside `stateless_call` they are tensors,
  # and no longer when gradients are taken.
  trainable = [tf.convert_to_tensor(v) for v in layer.trainable_variables]
  states = [tf.convert_to_tensor(v) for v in layer.non_trainable_variables]
  flat = tf.nest.flatten(arguments)

  def compute(values, states):
    inputs = tf.nest.pack_sequence_as(arguments, values[len(trainable) :])
    return layer.stateless_call(
      values[: len(trainable)], states, *inputs, **keywords
    )

  new_states = []

  @custom_gradient
  def call(*values):
    output, moved = compute(values, states)
    new_states.extend(moved)

    def gradient(upstream):
      # Running statistics have been moved by the first pass.
      with frozen_averages():
        return recomputed_gradients(
          lambda again: compute(again, states)[0], values, upstream
        )

    return output, gradient

  output = call(*trainable, *flat)
  for variable, old, new in zip(
    layer.non_trainable_variables, states, new_states, strict=True
  ):
    if new is not old:
      variable.assign(tf.stop_gradient(new))
  return output
