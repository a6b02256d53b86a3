"""A network as one function of constants, which converters read."""

import tensorflow as tf

from darts_tf.compat.tensorflow import convert_to_constants
from darts_tf.data import DatasetInfo
from darts_tf.export.saved_model import predict
from darts_tf.models.network import Network

INPUT = 'images'
OUTPUT = 'probabilities'


def float32_copy(network: Network) -> Network:
  """Returns a network of the same weights that computes in 32 bits.

  It is a plain one: not divided among replicas, and without what only
  training needs.

  Args:
    network: of any precision.
  """
  config = network.get_config()
  config |= {
    'dtype': 'float32',
    'remat': False,
    'style': config['style'] | {'dtype': 'float32', 'synchronized': False},
  }
  copy = type(network).from_config(config)
  for ours, theirs in zip(copy.variables, network.variables, strict=True):
    ours.assign(tf.cast(tf.convert_to_tensor(theirs), ours.dtype))
  return copy


class FrozenNetwork(tf.Module):
  """A network's weights and normalization as constants of a graph.

  Args:
    network: of the precision that the graph is to have.
    info: of the data set it was trained on.
  """

  def __init__(self, network: Network, info: DatasetInfo):
    super().__init__()
    self.signature = tf.TensorSpec((None, *info.image_shape), tf.uint8, INPUT)
    function = lambda f: tf.function(
      f, input_signature=[self.signature], autograph=False
    )
    variable = function(
      lambda images: predict(network, images, info.mean, info.std)
    )
    frozen = convert_to_constants(variable.get_concrete_function())
    # The frozen function returns a list and has no name for its output.
    self.serve = function(lambda images: {OUTPUT: frozen(images)[0]})
