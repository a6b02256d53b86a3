"""Operations without a convolution: identity, zero, and the skip."""

import keras
import tensorflow as tf

from darts_tf.config.errors import unknown_name
from darts_tf.layers.factorized_reduce import FactorizedReduce
from darts_tf.layers.operation import Operation
from darts_tf.layers.relu_conv_bn import ReLUConvBN


@keras.saving.register_keras_serializable('darts_tf')
class Identity(Operation):
  """`skip_connect` at stride 1."""

  edge_independent = True
  rectifies = False
  pure = True

  def call(self, x, training=None):
    """Returns `x`."""
    del training
    return tf.identity(x)


@keras.saving.register_keras_serializable('darts_tf')
class Zero(Operation):
  """`none`: zeros, whatever the input (also where it is not finite)."""

  edge_independent = True
  rectifies = False
  pure = True

  def call(self, x, training=None):
    """Returns zeros of the strided shape."""
    del training
    return tf.zeros_like(x[:, :: self.stride, :: self.stride])


def skip_connect(stride: int, style, **kwargs) -> Operation:
  """The skip connection of a style: identity, or a reduction at stride 2."""
  if stride == 1:
    return Identity(stride=stride, style=style, **kwargs)
  reductions = {
    'factorized_reduce': FactorizedReduce,
    'relu_conv_bn': ReLUConvBN,
  }
  if style.strided_skip not in reductions:
    raise unknown_name('strided_skip', style.strided_skip, reductions)
  return reductions[style.strided_skip](stride=stride, style=style, **kwargs)
