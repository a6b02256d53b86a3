"""Parameters and multiply-additions of networks."""

import math
from collections.abc import Sequence

import keras
import tensorflow as tf

from darts_tf.analysis.graph_cost import graph_multiply_adds
from darts_tf.models.frame import cell_shapes
from darts_tf.models.head import AuxiliaryHead
from darts_tf.models.network import Network

_LEAST_AUXILIARY_MAP = 2


def parameters(model: keras.layers.Layer) -> int:
  """Returns the number of trainable parameters.

  Args:
    model: a built model or layer.
  """
  return sum(
    math.prod(variable.shape) for variable in model.trainable_variables
  )


def multiply_adds(model: keras.layers.Layer, image_shape: Sequence[int]) -> int:
  """Returns the multiply-additions of one inference of one image.

  Convolutions and matrix products count: an output of a convolution costs
  `rows * columns * channels_in / groups`, an output of a dense layer its
  number of inputs. Normalization, activations, pools and biases cost
  nothing, and neither do classifiers that only training uses. Published
  figures are often some 3 % higher, because they charge two for each
  normalized value and one for each input of a ReLU or a pool: P-DARTS has
  543M here and 557M in arXiv:1904.12760, PC-DARTS 571M and 586M in
  arXiv:1907.05737.

  The count is taken of the graph that inference runs, so it holds for
  layers of any origin.

  Args:
    model: maps `(batch, height, width, channels)` to any outputs.
    image_shape: `(height, width, channels)`.

  Raises:
    InputError: if a product's shape cannot be known beforehand, or if a
      product is repeated by a loop.
  """
  # As in fit of Keras: the calls of layers are not converted.
  inference = tf.function(
    lambda images: model(images, training=False), autograph=False
  )
  dtype = getattr(model, 'compute_dtype', None) or tf.float32
  signature = tf.TensorSpec((1, *image_shape), dtype)
  return graph_multiply_adds(inference.get_concrete_function(signature).graph)


def describe_network(network: Network) -> dict[str, int | None]:
  """Returns what a network costs.

  Args:
    network: with or without its auxiliary head.

  Returns:
    `parameters` without the auxiliary head; `parameters_with_auxiliary`,
    `None` where the map is too small for one; `multiply_adds` of one
    inference of one image.
  """
  total, auxiliary = parameters(network), _auxiliary_parameters(network)
  if network.auxiliary_head is not None:
    total -= auxiliary
  return {
    'parameters': total,
    'parameters_with_auxiliary': (
      None if auxiliary is None else total + auxiliary
    ),
    'multiply_adds': multiply_adds(network, network.image_shape),
  }


def _auxiliary_parameters(network: Network) -> int | None:
  """Size of the auxiliary head that a network has or could have."""
  if network.auxiliary_head is not None:
    return parameters(network.auxiliary_head)
  shape = cell_shapes(network.stem, network.cells, network.image_shape)[
    network.auxiliary_cell
  ]
  if min(shape[1:3]) < _LEAST_AUXILIARY_MAP:
    return None
  return parameters(
    AuxiliaryHead(
      network.head.classifier.units,
      network.style,
      shape,
      network.get_config()['auxiliary_norm'],
    )
  )
